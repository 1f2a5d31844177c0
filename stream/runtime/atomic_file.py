"""Files that are replaced as a whole."""

from __future__ import annotations

from pathlib import Path


def replace_file(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Write a file in one step, so that a reader or a crash meets the old content or the new; create its folder.

    Args:
        content: UTF-8 is used for text.
        mode: permissions of the file; 0o600 for what only its owner may read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=mode)
    draft.write_bytes(content.encode() if isinstance(content, str) else content)
    draft.replace(path)
