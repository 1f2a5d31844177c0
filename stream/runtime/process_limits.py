"""Limits that libraries read once, when they are loaded. Every entry point imports this module before any other.

Entry points are `pulso` (stream.commands.cli), `python -m console`, `python -m bench`, `python -m bench.soak`, and
tests/conftest.py. A child process inherits the limits of its parent, as part of its environment. A variable that is set
already is left alone, except that NO_PROXY is extended by this machine: the parts of a stack call each other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from stream.runtime.addresses import direct_connections
from stream.runtime.cache import cache_folder

LIMITS = {
    # No picture, in any format, makes OpenCV reserve more memory than a camera's largest picture needs.
    "OPENCV_IO_MAX_IMAGE_PIXELS": "50000000",
    # Otherwise ONNX Runtime reports processes and models to its maker, on platforms where it was built to do so.
    "ORT_DISABLE_TELEMETRY": "1",
    # Numba would write what it compiles for librosa beside librosa, into site-packages.
    "NUMBA_CACHE_DIR": str(cache_folder() / "numba"),
}
"""Limits of every process."""

SERVICE_LIMITS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Limits of processes that share the machine: arithmetic libraries start a thread for each core otherwise."""

SERVICES = ("worker", "source", "sources")
"""Subcommands of `pulso` that run for as long as the festival does."""


def limits_for(arguments: Sequence[str]) -> dict[str, str]:
    """Return the environment variables of a process with this command line.

    Args:
        arguments: `sys.argv`: the program, then its arguments.

    >>> sorted(limits_for(["pulso", "worker", "bars"]).keys() - limits_for(["pulso", "evaluate"]).keys())
    ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS']
    """
    program, subcommand = (*arguments, "", "")[:2]
    is_console = Path(program).parent.name == "console"
    return LIMITS | (SERVICE_LIMITS if is_console or subcommand in SERVICES else {})


for _name, _value in limits_for(sys.argv).items():
    os.environ.setdefault(_name, _value)
os.environ.update(direct_connections(os.environ))
