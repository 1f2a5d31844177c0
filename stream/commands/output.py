"""Output on terminals whose encoding lacks letters, as those of LANG=C and of Latin-1 locales do."""

from __future__ import annotations

import sys
from typing import TextIO


def write_any_text(*streams: TextIO) -> None:
    """Make streams replace what their encoding lacks, instead of ending the command with an error.

    A name of a file may hold bytes that are no UTF-8: they are shown as escapes.

    >>> import io
    >>> terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    >>> write_any_text(terminal)
    >>> _ = terminal.write("starting …")
    >>> terminal.buffer.getvalue()
    b'starting ?'
    """
    for stream in streams or (sys.stdout, sys.stderr):
        # Tests and notebooks put streams without an encoding here.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            is_unicode = (stream.encoding or "").lower().replace("-", "").startswith("utf")
            reconfigure(errors="backslashreplace" if is_unicode else "replace")
