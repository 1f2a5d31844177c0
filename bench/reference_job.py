"""Execution of reference jobs in separate processes, with the environment of a worker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from bench.run_result import BenchError, RunResult
from stream.runtime.settings import ROOT

VENV = ROOT / ".venv-bench"
REQUIREMENTS = ROOT / "requirements" / "bench.txt"
JOB_TIMEOUT_SECONDS = 600
"""Timeout of a reference job in seconds."""


def run_job(script: str, job: object, *, python: Path = Path(sys.executable)) -> RunResult:
    """Run `bench/SCRIPT` with its input as JSON on standard input; its last line of output is a `RunResult`.

    Raises:
        BenchError: the job failed, or timed out.
    """
    try:
        completed = subprocess.run(
            [python, ROOT / "bench" / script],
            input=msgspec.json.encode(job),
            capture_output=True,
            timeout=JOB_TIMEOUT_SECONDS,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"bench/{script} did not finish within {JOB_TIMEOUT_SECONDS} s") from error
    if completed.returncode:
        raise BenchError(f"bench/{script} failed:\n{completed.stderr.decode(errors='replace')[-2000:]}")
    try:
        return msgspec.json.decode(completed.stdout.splitlines()[-1], type=RunResult)
    except (IndexError, msgspec.DecodeError) as error:
        raise BenchError(f"bench/{script} printed no result: {error}\n{completed.stdout[-500:]!r}") from error


def peer_is_installed() -> bool:
    """Return True if .venv-bench contains the packages of requirements/bench.txt."""
    stamp = VENV / "pulso-installed"
    return stamp.exists() and stamp.read_text() == _requirements_hash()


def install_peer() -> None:
    """Create .venv-bench, because the peer's dependencies conflict with Pulso's.

    Raises:
        BenchError: pip failed.
    """
    pip: list[str | Path] = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([sys.executable, "-m", "venv", VENV])
    _run([*pip, "--require-hashes", "-r", REQUIREMENTS])
    (VENV / "pulso-installed").write_text(_requirements_hash())


def _requirements_hash() -> str:
    return sha256(REQUIREMENTS.read_bytes()).hexdigest()


def _run(command: Sequence[str | Path]) -> None:
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    if completed.returncode:
        raise BenchError(
            f"{VENV.name} could not be created; "
            f"to run without it use `python -m bench --no-peer`:\n{completed.stderr[-2000:]}"
        )
