"""Process limits: each entry point sets them before it loads a library that reads them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stream.runtime.process_limits import LIMITS, SERVICE_LIMITS

ROOT = Path(__file__).resolve().parents[3]

# Runs an entry point up to its help text, and records the limits at the import of each library.
RECORD_LIMITS = """
import os, runpy, sys

at_import = {}

def record(event, arguments):
    if event == "import" and arguments[0] in ("cv2", "numpy", "onnxruntime") and arguments[0] not in at_import:
        at_import[arguments[0]] = {name: os.environ.get(name) for name in ENTRY_LIMITS}

sys.addaudithook(record)
sys.argv = [ENTRY, *ARGUMENTS]
try:
    runpy.run_module(ENTRY, run_name="__main__", alter_sys=True)
except SystemExit:
    pass
assert "numpy" in at_import
for library, limits in at_import.items():
    assert limits == ENTRY_LIMITS, (library, limits)

import cv2, numpy as np
header = b"P6 10000 10000 255 "  # 100 megapixels; OpenCV reads the size before the pixels
try:
    picture = cv2.imdecode(np.frombuffer(header + bytes(1000), np.uint8), cv2.IMREAD_COLOR)
except cv2.error as error:
    assert "CV_IO_MAX_IMAGE_PIXELS" in str(error), error
else:
    raise AssertionError("OpenCV decoded a picture beyond the limit")
print("limits hold")
"""


@pytest.mark.parametrize(
    ("entry", "arguments", "limits"),
    [
        ("stream.commands.cli", ["--help"], LIMITS),
        ("stream.commands.cli", ["worker", "--help"], LIMITS | SERVICE_LIMITS),
        ("stream.commands.cli", ["sources", "--help"], LIMITS | SERVICE_LIMITS),
        ("console", ["--help"], LIMITS | SERVICE_LIMITS),
    ],
)
def test_limits_hold_before_libraries_load(entry: str, arguments: list[str], limits: dict[str, str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in LIMITS | SERVICE_LIMITS}
    program = f"ENTRY, ARGUMENTS, ENTRY_LIMITS = {entry!r}, {arguments!r}, {limits!r}\n{RECORD_LIMITS}"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.endswith("limits hold\n")


def test_limits_hold_in_tests() -> None:
    assert {name: os.environ[name] for name in LIMITS}.keys() == LIMITS.keys()
    assert os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] == LIMITS["OPENCV_IO_MAX_IMAGE_PIXELS"]


def test_limits_that_are_set_are_not_changed() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "import os, stream.runtime.process_limits; print(os.environ['OMP_NUM_THREADS'])"],
        capture_output=True, text=True, timeout=60, check=True, cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "3", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert result.stdout == "3\n"


def test_this_machine_is_reached_without_proxies() -> None:
    program = "import stream.runtime.process_limits, os; print(os.environ['NO_PROXY'], os.environ['no_proxy'])"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NO_PROXY": "a.example", "no_proxy": "b.example"},
    )  # fmt: skip
    assert result.stdout.split() == ["b.example,a.example,localhost,127.0.0.1,::1"] * 2
