"""Every file that docs/architecture.md names exists."""

from __future__ import annotations

import re

from stream.runtime.settings import ROOT

DOCUMENT = ROOT / "docs" / "architecture.md"


def test_architecture_page_names_existing_files() -> None:
    named = set(re.findall(r"`([\w/-]+\.py)`", DOCUMENT.read_text(encoding="utf-8")))
    packages = ("schemas", "processors", "stream", "console")
    existing = {file.relative_to(ROOT).as_posix() for package in packages for file in (ROOT / package).rglob("*.py")}
    short = {name.rsplit("/", 1)[-1] for name in existing}
    assert len(named) > 50
    assert not {name for name in named if name not in (existing if "/" in name else short)}
