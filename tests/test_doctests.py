"""Run the examples of all docstrings."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import bench
import processors
import schemas
import simulation
import stream

EXAMPLES = doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def modules() -> list[str]:
    names = []
    for package in (bench, processors, schemas, simulation, stream):
        names += [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    # These jobs need Quix Streams and OR-Tools, which are installed in .venv-bench only.
    return [name for name in names if "quix" not in name and "cp_sat" not in name]


@pytest.mark.parametrize("name", modules())
def test_docstring_examples_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=EXAMPLES)
    assert result.failed == 0
