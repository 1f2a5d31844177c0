"""Training of a candidate in the Python environment that has the training libraries: a process of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from schemas.errors import PulsoError
from stream.registry.model_store import ModelStore
from stream.runtime.settings import ROOT

TRAINED_WITH = {"mood": ("mood", "sound"), "sentiment": ("sentiment", "encoder")}
"""Models that can be trained again, and those whose versions in use the training needs."""

PYTHON = ROOT / ".venv-train" / "bin" / "python"
"""Python of the training environment."""


class TrainingError(PulsoError):
    """A candidate can't be trained; the message says what is missing, or the training has said it."""


def train_candidate(
    store: ModelStore, name: str, data: Path, *, base: Path | None, cache: Path, now: datetime | None = None
) -> Path:
    """Train a candidate with the labels of a folder and return its folder in the store; progress goes to stderr.

    Raises:
        TrainingError: the model can't be trained again, the training libraries are missing, or the training failed.
    """
    if name not in TRAINED_WITH:
        raise TrainingError(f"{name!r} can't be trained again here; choose {' or '.join(TRAINED_WITH)}")
    python = training_python()
    out = store.root / name / "candidates" / f"retrained-{(now or datetime.now(UTC)):%Y%m%dT%H%M%S}"
    command = [str(python), "-m", "training.retrain", name, "--data", str(data), "--out", str(out)]
    command += ["--cache", str(cache), *(("--base", str(base)) if base else ())]
    for part, folder in store.folders(TRAINED_WITH[name]).items():
        command += ["--in-use", f"{part}={folder}"]
    done = subprocess.run(command, env=_environment(os.environ), check=False)
    if done.returncode:
        raise TrainingError(f"no candidate was made: the training ended with status {done.returncode}")
    return out


def training_python(python: Path = PYTHON, code: Path = ROOT / "training") -> Path:
    """Return the Python of the training environment.

    Raises:
        TrainingError: it is not installed, or the training code is not there, as in the container image.
    """
    if not code.is_dir():
        raise TrainingError(
            "the training code is not part of this installation: clone the repository, run `make train-setup` there, "
            "and give its `pulso models retrain` the folder of labels"
        )
    if not python.exists():
        raise TrainingError(
            f"the training libraries are not installed ({python} is missing): run `make train-setup` in {ROOT}; it "
            "takes some minutes and several GB"
        )
    return python


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the training: our modules can be imported, and it uses one core."""
    return {**variables, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": variables.get("OMP_NUM_THREADS", "1")}
