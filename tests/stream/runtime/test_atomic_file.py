"""A file is replaced as a whole, with the permissions that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.runtime.atomic_file import replace_file


def test_file_keeps_its_old_content_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "state.json"
    replace_file(path, "old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        replace_file(path, "new")
    assert path.read_text() == "old"


def test_only_the_owner_may_read_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "token"
    replace_file(path, b"secret", mode=0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"secret", 0o600)
