"""docs/architecture.md walks through files: each that it names is there."""

from __future__ import annotations

import re

from stream.runtime.settings import ROOT

DOCUMENT = ROOT / "docs" / "architecture.md"


def test_every_file_that_the_walk_names_exists() -> None:
    named = set(re.findall(r"`([\w/-]+\.py)`", DOCUMENT.read_text(encoding="utf-8")))
    rooms = ("schemas", "processors", "stream", "console")
    known = {file.relative_to(ROOT).as_posix() for room in rooms for file in (ROOT / room).rglob("*.py")}
    short = {name.rsplit("/", 1)[-1] for name in known}
    assert len(named) > 50
    assert not {name for name in named if name not in (known if "/" in name else short)}
