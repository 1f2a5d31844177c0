"""Code of the pages under "Extend": extracted to the files that the pages name, it passes its tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stream.runtime.settings import ROOT

FILE = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def extract_files(page: str, folder: Path) -> list[Path]:
    """Write each code block that has a file name; return the files."""
    files = []
    for name, content in FILE.findall((ROOT / "docs" / "extend" / page).read_text(encoding="utf-8")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        files.append(path)
    return files


def run(command: list[str], folder: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=200,
        check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]


@pytest.mark.parametrize(("page", "files", "tests"), [("first-rule.md", 4, 2), ("first-feature.md", 10, 3)])
def test_tutorial_code_passes_its_tests(page: str, files: int, tests: int, tmp_path: Path) -> None:
    extracted = extract_files(page, tmp_path)
    assert len(extracted) == files
    (test_file,) = (path for path in extracted if path.name.startswith("test_"))
    assert test_file.read_text(encoding="utf-8").count("\ndef test_") == tests
    run(
        ["pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(tmp_path), str(test_file)],
        tmp_path,
    )


@pytest.mark.parametrize("page", ["first-rule.md", "first-feature.md"])
def test_tutorial_code_follows_the_style(page: str, tmp_path: Path) -> None:
    extract_files(page, tmp_path)
    pulso = 'lint.isort.known-third-party=["schemas", "processors", "stream", "console"]'
    config = [
        "--config",
        str(ROOT / "pyproject.toml"),
        "--config",
        "lint.isort.known-first-party=[]",
        "--config",
        pulso,
    ]
    run(
        [
            "ruff",
            "check",
            "--no-cache",
            "--ignore",
            "S101,INP001",
            "--extend-per-file-ignores",
            "test_*.py:D1",
            *config,
            ".",
        ],
        tmp_path,
    )
