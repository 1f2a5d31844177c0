"""MkDocs hook: generated pages, pages from the repository's root, folders in the navigation, and links between them.

Relative links in docs/ are those that work in the repository. Where one leaves docs/, this hook points it to the page
that the site has instead, or leaves its text with the path.
"""

from __future__ import annotations

import importlib
import os.path
import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]

ROOT_PAGES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "README.md": "index.md"}
"""Files of the repository's root, and the pages of the site that take their place."""

_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Replace the folders in the navigation by their pages."""
    config.nav = _expanded(config.nav, Path(config.docs_dir), set(_pages_named(config.nav)))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated reference and the pages from the repository's root."""
    sys.path.insert(0, str(ROOT))  # mkdocs restores the path after it has loaded a hook
    reference = importlib.import_module("scripts.site.reference")
    for path, content in reference.pages().items():
        files.append(File.generated(config, path, content=content))
    for name, path in ROOT_PAGES.items():
        if files.get_file_from_path(path) is None:
            text = (ROOT / name).read_text(encoding="utf-8")
            files.append(File.generated(config, path, content=site_links(text, name, path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links that leave docs/ to pages of the site."""
    if page.file.generated_by is not None:
        return markdown
    return site_links(markdown, f"docs/{page.file.src_uri}", page.file.src_uri)


def site_links(markdown: str, source: str, page: str) -> str:
    """Return Markdown with links that work on the site.

    Args:
        markdown: text of a page.
        source: path of the file that it is from, below the repository's root.
        page: path of the page, below docs/.

    Raises:
        PluginError: a link names a file that the repository does not have.
    """
    parts = _CODE.split(markdown)
    return "".join(part if number % 2 else _with_links(part, source, page) for number, part in enumerate(parts))


def _with_links(text: str, source: str, page: str) -> str:
    def replace(match: re.Match[str]) -> str:
        target, _, anchor = match["target"].partition("#")
        if not target or "://" in target or target.startswith(("mailto:", "/")):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if path.startswith("docs/"):
            inside = path.removeprefix("docs/")
        elif path in ROOT_PAGES:
            inside = ROOT_PAGES[path]
        elif os.path.lexists(ROOT / path):
            return match["text"] if match["text"].strip("`") == path else f"{match['text']} (`{path}`)"
        else:
            raise PluginError(f"{source} links to {match['target']}, which the repository does not have")
        link = posixpath.relpath(inside, posixpath.dirname(page) or ".") + (f"#{anchor}" if anchor else "")
        return f"{match['image']}[{match['text']}]({link})"

    return _LINK.sub(replace, text)


def _pages_named(entry: Any) -> Iterator[str]:
    """Yield the pages that the navigation names by themselves."""
    match entry:
        case str() if not entry.endswith("/"):
            yield entry
        case dict():
            for part in entry.values():
                yield from _pages_named(part)
        case list():
            for part in entry:
                yield from _pages_named(part)


def _expanded(entry: Any, docs: Path, named: set[str]) -> Any:
    """Return a part of the navigation with `folder/` replaced by the folder's pages that are not named elsewhere."""
    match entry:
        case str() if entry.endswith("/"):
            names = sorted(path.relative_to(docs).as_posix() for path in (docs / entry).glob("*.md"))
            return sorted(set(names) - named, key=lambda name: (not name.endswith("/index.md"), name))
        case dict():
            return {title: _expanded(part, docs, named) for title, part in entry.items()}
        case list():
            return list(_merged(entry, [_expanded(part, docs, named) for part in entry]))
        case _:
            return entry


def _merged(entries: list[Any], expanded: list[Any]) -> Iterator[Any]:
    """Yield expanded entries: pages of a folder without a title stand in its place, and empty folders are left out."""
    for entry, part in zip(entries, expanded, strict=True):
        if isinstance(entry, str) and isinstance(part, list):
            yield from part
        elif not (isinstance(part, dict) and [] in part.values()):
            yield part
