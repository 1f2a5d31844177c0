"""Candidates made of the shipped models, without the libraries that training needs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from processors.models.inference import models_folder, sha256_of

COLUMNS = 2198
Edit = Callable[[bytes], bytes]


def candidate(folder: Path, name: str, edit: Edit | None = None, /, **card: Any) -> Path:
    """A copy of a shipped model with other bytes and a card that is true of them, but for what `card` says."""
    shutil.copytree(models_folder() / name, folder, dirs_exist_ok=True)
    weights = folder / "model.onnx"
    weights.write_bytes((edit or renamed)(weights.read_bytes()))
    path = folder / "card.yaml"
    said = yaml.safe_load(path.read_text(encoding="utf-8")) | {"sha256": sha256_of(weights)} | card
    path.write_text(yaml.safe_dump({key: value for key, value in said.items() if value is not None}), encoding="utf-8")
    return folder


def renamed(weights: bytes, text: bytes = b"another") -> bytes:
    """The same model with another description: field 6 of ONNX's ModelProto, of which the last one counts."""
    length, varint = len(text), b""
    while length > 127:
        varint, length = varint + bytes([length & 127 | 128]), length >> 7
    return weights + b"\x32" + varint + bytes([length]) + text


def without_spread(column: int) -> Edit:
    """A classifier of music that divides by zero where a column is exactly its mean: zero, too, from now on."""

    def edit(weights: bytes) -> bytes:
        # Mean and spread are the float32 tensors of 2,198 columns: field 9 (raw_data), 8,792 bytes.
        mark = b"\x4a\xd8\x44"
        changed = bytearray(weights)
        at = weights.find(mark)
        found = 0
        while at >= 0:
            start = at + len(mark) + 4 * column
            changed[start : start + 4] = np.float32(0).tobytes()
            found, at = found + 1, weights.find(mark, at + len(mark))
        assert found == 4, found  # of the perceptrons and of the support vectors
        return bytes(changed)

    return edit


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of the music models whose gates do not look at the clock: this machine may be busy."""
    folder = tmp_path / "shipped"
    for name in ("sound", "mood", "genre"):
        shutil.copytree(models_folder() / name, folder / name)
    for name in ("mood", "genre"):
        gate = folder / name / "gate.yaml"
        asked = yaml.safe_load(gate.read_text(encoding="utf-8")) | {"times_slower": 1000}
        gate.write_text(yaml.safe_dump(asked), encoding="utf-8")
    monkeypatch.setenv("PULSO_MODELS", str(folder))
    monkeypatch.setenv("PULSO_MODEL_STORE", str(tmp_path / "store"))
    return folder
