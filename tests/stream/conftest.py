"""Candidates made from the shipped models, without training libraries."""

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
EditWeights = Callable[[bytes], bytes]


def make_candidate(folder: Path, name: str, edit: EditWeights | None = None, /, **card: Any) -> Path:
    """Return a changed copy of a shipped model with a matching card, updated with `card`."""
    shutil.copytree(models_folder() / name, folder, dirs_exist_ok=True)
    weights = folder / "model.onnx"
    weights.write_bytes((edit or with_description)(weights.read_bytes()))
    path = folder / "card.yaml"
    card_content = yaml.safe_load(path.read_text(encoding="utf-8")) | {"sha256": sha256_of(weights)} | card
    path.write_text(
        yaml.safe_dump({key: value for key, value in card_content.items() if value is not None}), encoding="utf-8"
    )
    return folder


def with_description(weights: bytes, text: bytes = b"another") -> bytes:
    """Return the model with another description: field 6 of ONNX's ModelProto, of which the last one applies."""
    length, varint = len(text), b""
    while length > 127:
        varint, length = varint + bytes([length & 127 | 128]), length >> 7
    return weights + b"\x32" + varint + bytes([length]) + text


def with_zero_spread(column: int) -> EditWeights:
    """Return an edit of a music classifier that sets mean and spread of a column to 0, so that 0 divides by zero."""

    def edit(weights: bytes) -> bytes:
        # Mean and spread are the float32 tensors of 2,198 columns: field 9 (raw_data), 8,792 bytes.
        mark = b"\x4a\xd8\x44"
        changed = bytearray(weights)
        at = weights.find(mark)
        count = 0
        while at >= 0:
            start = at + len(mark) + 4 * column
            changed[start : start + 4] = np.float32(0).tobytes()
            count, at = count + 1, weights.find(mark, at + len(mark))
        assert count == 4, count  # mean and spread, for perceptrons and support vectors
        return bytes(changed)

    return edit


@pytest.fixture
def shipped_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of the music models with gates that tolerate a busy machine."""
    folder = tmp_path / "shipped"
    for name in ("sound", "mood", "genre"):
        shutil.copytree(models_folder() / name, folder / name)
    for name in ("mood", "genre"):
        gate = folder / name / "gate.yaml"
        limits = yaml.safe_load(gate.read_text(encoding="utf-8")) | {"times_slower": 1000}
        gate.write_text(yaml.safe_dump(limits), encoding="utf-8")
    monkeypatch.setenv("PULSO_MODELS", str(folder))
    monkeypatch.setenv("PULSO_MODEL_STORE", str(tmp_path / "store"))
    return folder
