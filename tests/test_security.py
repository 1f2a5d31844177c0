"""Tests named in docs/security.md exist, and its statements about the whole code hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "processors", "stream", "console")
CODE_EXECUTING_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "torch"}
"""Modules that may execute code when they decode data."""

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+)::(\w+)`", PAGE)))


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_threat_model_names_existing_tests(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}, (
        f"{path} has no {name}"
    )


def test_threat_model_names_a_test_for_each_threat() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(("|---", "| who |"))]
    assert len(rows) > 15
    assert not [row for row in rows if "`tests/" not in row]


def test_code_never_decodes_executable_data() -> None:
    """Forbid pickle in any form, arrays that may contain one, `eval`, and shells."""
    findings = []
    for path, tree in trees():
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name.split(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [(node.module or "").split(".")[0]]
            elif isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                is_dangerous = called in ("eval", "exec", "os.system", "os.popen") or keywords.get("shell") == "True"
                names = ["torch"] if is_dangerous or keywords.get("allow_pickle") == "True" else []
            if CODE_EXECUTING_MODULES.intersection(names):
                findings.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    # The only module that may import sentence-transformers (and torch), if a person has installed it.
    assert [one for one in findings if not one.startswith("processors/support/sentence_transformer.py")] == []


def test_bandit_reports_no_issue() -> None:
    command = [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-r", *PACKAGES]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert result.returncode == 0, result.stdout[-4000:]
