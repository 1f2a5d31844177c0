"""Text of HTML mails: one line per block, and quoted mails as lines that begin with ">", as in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement

from processors.support.quoted_history import starts_forward

_MARKUP = re.compile(r"<(html|body|div|p|br|table|span|blockquote)\b[^<>]{0,500}>", re.IGNORECASE)

_HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript"})

_BLOCKS = frozenset(
    """address article aside blockquote body br center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr
    html li main nav ol p pre section table tbody tfoot thead tr ul""".split()  # noqa: SIM905 - a list would be a page
)

_QUOTE_CLASSES = frozenset(
    """gmail_quote gmail_quote_container gmail_attr yahoo_quoted moz-cite-prefix protonmail_quote tutanota_quote
    zmail_extra OutlookMessageHeader ms-outlook-mobile-reference-message freshdesk_quote""".split()  # noqa: SIM905 - as above
)
"""Classes that mail programs give to the quoted mail, or to the line above it."""

_QUOTE_ID = re.compile(r"^(?:x_)*(?:mail-editor-reference-message-container|OLK_SRC_BODY_SECTION|yahoo_quoted)")
_NO_BORDER = re.compile(r"border(?:-left)?\s*:\s*(?:none|0)")
"""Style of a blockquote that is a person's indentation, not a quoted mail."""

_FORWARD_CHARACTERS, _FORWARD_ELEMENTS = 400, 60
"""Characters and elements at the beginning of a quote in which the mark of a forwarded mail is sought."""


def html_to_text(text: str) -> str:
    r"""Return the text of HTML; a text that is not HTML is returned unchanged.

    >>> html_to_text("<p>Hola,<br>¿hay <b>sitio</b>?</p><blockquote type='cite'>Antes</blockquote>")
    'Hola,\n¿hay sitio?\n> Antes'
    """
    return markup_to_text(text) if _MARKUP.search(text) else text


def markup_to_text(html: str) -> str:
    """Return the text of HTML, also of HTML that has no tag of a page."""
    return "\n".join(_lines(BeautifulSoup(html, "html.parser"))).strip()


def _lines(soup: BeautifulSoup) -> Iterator[str]:
    """Yield one line for each block; the tree is walked without recursion, since a mail may nest thousands of tags."""
    pieces: list[str] = []
    depth = 0
    stack: list[tuple[Iterator[PageElement], Tag | None, bool]] = [(iter(soup.contents), None, False)]
    while stack:
        children, tag, quoted = stack[-1]
        child = next(children, None)
        if child is None:
            if tag is not None and (quoted or tag.name in _BLOCKS) and pieces:
                yield _line(pieces, depth)
            depth -= quoted
            stack.pop()
        elif isinstance(child, Tag):
            if child.name in _HIDDEN:
                continue
            quotes = _is_quote(child)
            if pieces and (quotes or child.name in _BLOCKS):
                yield _line(pieces, depth)
            elif child.name in ("td", "th"):
                pieces.append(" ")
            depth += quotes
            stack.append((iter(child.contents), child, quotes))
        elif type(child) is NavigableString:  # comments and declarations derive from it
            pieces.append(child.replace("\n", " "))
    if pieces:
        yield _line(pieces, depth)


def _line(pieces: list[str], depth: int) -> str:
    """Return the line of the pieces, and empty them."""
    line = " ".join("".join(pieces).split())
    pieces.clear()
    return "> " * min(depth, 9) + line if line else ""


def _is_quote(tag: Tag) -> bool:
    if tag.name == "blockquote":
        quote = tag.get("type") == "cite" or not _NO_BORDER.search(str(tag.get("style", "")))
    else:
        classes = tag.get("class") or ()
        names = classes.split() if isinstance(classes, str) else classes
        quote = (
            not _QUOTE_CLASSES.isdisjoint(names)
            or tag.get("name") == "quote"
            or _QUOTE_ID.match(str(tag.get("id", ""))) is not None
        )
    return quote and not starts_forward(_beginning(tag))


def _beginning(tag: Tag) -> str:
    texts = (part for part in islice(tag.descendants, _FORWARD_ELEMENTS) if type(part) is NavigableString)
    return " ".join("".join(texts).split())[:_FORWARD_CHARACTERS]
