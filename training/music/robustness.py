"""What a crowd, an overload, a hall and a poor codec cost: `python -m training.music.robustness`.

A representative third of the clips (`subset.py`) is described again under each condition, kept in work/ so that it
resumes, and scored by the fold's model that saw nothing of its artist. `train --quick` writes the figures into the
cards.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from processors.inference import Model, open_model
from processors.music.audio import RATE, Audio, decode
from processors.music.features import VERSION
from training.music.babble import babble
from training.music.describe import KINDS, WORK, described
from training.music.measure import CHOSEN, families, out_of_fold, summary
from training.music.subset import representative
from training.music.train import MEASURED, load

Change = Callable[[Audio, np.random.Generator], Audio]

DECIBELS = 10.0


def crowd(audio: Audio, random: np.random.Generator) -> Audio:
    """Talking people 10 dB below the music."""
    level = float(np.sqrt(np.mean(np.square(audio.samples, dtype=np.float64))))
    noise = babble(len(audio.samples), random) * np.float32(level * 10 ** (-DECIBELS / 20))
    return _fitted(audio.samples + noise)


def clipped(audio: Audio, random: np.random.Generator) -> Audio:
    """An input that is turned up so far that one sample in thirty is cut off."""
    top = float(np.quantile(np.abs(audio.samples), 1 - 1 / 30))
    return Audio(np.clip(audio.samples / max(top, 1e-9), -1, 1).astype(np.float32))


def hall(audio: Audio, random: np.random.Generator) -> Audio:
    """Echo: a tail that falls by 60 dB in 1.5 s, with half the power of the direct sound."""
    time = np.arange(int(1.5 * RATE)) / RATE
    tail = random.standard_normal(len(time)) * 10 ** (-3 * time / 1.5)
    tail *= np.sqrt(0.5 / np.sum(tail**2))
    return _fitted(audio.samples + fftconvolve(audio.samples, tail)[: len(audio.samples)])


def codec(audio: Audio, random: np.random.Generator) -> Audio:
    """MP3 at the lowest quality that its encoder has."""
    file = io.BytesIO()
    samples = audio.samples / max(1.0, float(np.abs(audio.samples).max()))
    soundfile.write(file, samples, RATE, format="MP3", subtype="MPEG_LAYER_III", compression_level=0.99)
    return decode(file.getvalue())


CONDITIONS: dict[str, Change] = {"crowd at 10 dB": crowd, "clipping": clipped, "echo": hall, "codec": codec}


def _fitted(samples: NDArray[Any]) -> Audio:
    return Audio(np.ascontiguousarray(samples / max(1.0, float(np.abs(samples).max())), np.float32))


def path_of(kind: str, condition: str, sound: Model) -> Path:
    """Where the rows of a condition are kept."""
    return WORK / f"{kind}-{condition.replace(' ', '-')}-{VERSION}-{sound.card.sha256[:12]}.npz"


def measure(kind: str, sound: Model, splits: int) -> dict[str, dict[str, float]]:
    """Macro-F1 and its loss against the clips as they are, by condition; means over `splits` draws of the folds."""
    renderings, y, groups, labels = load(kind, sound)
    part = representative(y, groups)
    tests = [renderings[0]]
    for name in CONDITIONS:
        x = renderings[0].copy()  # rows that were not described are predicted too, and left out below
        x[part] = np.load(path_of(kind, name, sound))["x"]
        tests.append(x)
    found: dict[str, list[float]] = {}
    for seed in range(1, splits + 1):
        tables, _ = out_of_fold(families(MEASURED)[CHOSEN], renderings, tests, y, groups, seed)
        for name, table in zip(("clean", *CONDITIONS), tables, strict=True):
            found.setdefault(name, []).append(float(summary(table[part], y[part], labels)["macro_f1"]))
        print(kind, seed, {name: round(scores[-1], 4) for name, scores in found.items()}, flush=True)
    means = {name: float(np.mean(scores)) for name, scores in found.items()}
    return {
        name: {"macro_f1": round(mean, 4), "macro_f1_loss": round(means["clean"] - mean, 4)}
        for name, mean in means.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/audio"))
    parser.add_argument("--splits", type=int, default=2, help="times that the folds are drawn anew")
    parser.add_argument("--kind", choices=KINDS, help="both if left out")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    sound = open_model("sound")
    WORK.mkdir(exist_ok=True)
    for kind in (arguments.kind,) if arguments.kind else KINDS:
        _, y, groups, _ = load(kind, sound)
        part = set(representative(y, groups).tolist())
        for name, change in CONDITIONS.items():
            path = path_of(kind, name, sound)
            if not path.exists():
                rows = described(arguments.data / f"{kind}.csv", kind, 1, sound, change, part)
                np.savez_compressed(path, **rows)
        found = measure(kind, sound, arguments.splits)
        (WORK / f"robustness-{kind}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        print(kind, json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
