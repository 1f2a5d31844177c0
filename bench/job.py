"""Run a reference in a process of its own, with the environment of a worker, and read its measurement."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from bench.measured import BenchError, Measured
from stream.runtime.settings import ROOT

VENV = ROOT / ".venv-bench"
REQUIREMENTS = ROOT / "requirements" / "bench.txt"
SECONDS = 600
"""Seconds after which a reference is ended."""


def run_job(script: str, order: Any, *, python: Path = Path(sys.executable)) -> Measured:
    """Run `bench/SCRIPT` with the order as JSON on its standard input; its last line of output is a `Measured`.

    Raises:
        BenchError: it failed, or took too long.
    """
    try:
        done = subprocess.run(
            [python, ROOT / "bench" / script],
            input=msgspec.json.encode(order),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"bench/{script} did not end within {SECONDS} s") from error
    if done.returncode:
        raise BenchError(f"bench/{script} failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    try:
        return msgspec.json.decode(done.stdout.splitlines()[-1], type=Measured)
    except (IndexError, msgspec.DecodeError) as error:
        raise BenchError(f"bench/{script} printed no result: {error}\n{done.stdout[-500:]!r}") from error


def peer_is_installed() -> bool:
    """Return True if .venv-bench has the packages of requirements/bench.txt."""
    stamp = VENV / "pulso-installed"
    return stamp.exists() and stamp.read_text() == _wanted()


def install_peer() -> None:
    """Make .venv-bench, since the peer's dependencies conflict with ours.

    Raises:
        BenchError: pip failed.
    """
    pip: list[str | Path] = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _call([sys.executable, "-m", "venv", VENV])
    _call([*pip, "--require-hashes", "-r", REQUIREMENTS])
    (VENV / "pulso-installed").write_text(_wanted())


def _wanted() -> str:
    return sha256(REQUIREMENTS.read_bytes()).hexdigest()


def _call(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(
            f"{VENV.name} could not be made; without it run `python -m bench --no-peer`:\n{done.stderr[-2000:]}"
        )
