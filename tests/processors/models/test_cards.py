"""Model cards and gates that can't be used are refused with place and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from processors.models.inference import ModelError, read_card
from processors.models.metric_limits import GateError, read_gate


@pytest.mark.parametrize(
    ("text", "reason"), [("", "the file: Input should be a valid dictionary"), ("name:", "name: Input should be")]
)
def test_unusable_card_is_refused_in_a_line(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "card.yaml").write_text(text)
    with pytest.raises(ModelError, match=reason) as error:
        read_card(tmp_path)
    assert "NoneType" not in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "mae: ", "- 1", "mae: {max: x}"])
def test_unusable_gate_is_refused_in_a_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text(text)
    with pytest.raises(GateError, match="write for example") as error:
        read_gate(path)
    assert "NoneType" not in str(error.value) and "\n" not in str(error.value)
