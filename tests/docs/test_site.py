"""The documentation site builds without a warning, and its links work in the repository as well."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stream.runtime.settings import ROOT

GENERATED = re.compile(r"^docs/reference/")
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))


def test_site_builds_strictly_and_loads_no_external_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stderr[-4000:]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r"""<(?:script|link|img)[^>]*(?:src|href)=["']?(https?://[^"'> ]+)""", page)
    assert (tmp_path / "reference" / "settings.html").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page_links_work_in_the_repository(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]+`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith(("#", "mailto:")):
            continue
        path = Path(os.path.normpath(page.parent / target.partition("#")[0]))
        if not path.exists() and not GENERATED.match(path.relative_to(ROOT).as_posix()):
            broken.append(target)
    assert not broken
