"""Changes of the text of a venue file that keep its comments, its order and its style (ruamel.yaml, round trip)."""

from __future__ import annotations

import copy
import difflib
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedBase, CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from processors.venue.difference import ABSENT, Change, Content, Entry, Step

LINE_WIDTH = 120
MAX_LINE_WIDTH = 4096
_LAYOUTS = [
    (sequence, offset, width) for width in (LINE_WIDTH, MAX_LINE_WIDTH) for sequence, offset in ((4, 2), (2, 0))
]
"""Indentations of lists and widths of lines that are tried: the one that changes the fewest lines is kept."""

MAX_ENTRY_LETTERS = 100
"""Letters of an entry of a list that is written on one line."""

_COMMENT = re.compile(r"(?:^|\s)#\s*(.*\S)")


def apply_changes(text: str, changes: Iterable[Change]) -> str:
    r"""Return the text of a venue file with changes made in it; the rest stays as it was written.

    Raises:
        KeyError: a change is of a part that the text does not have.

    >>> apply_changes("name: A # ours\nzones: []\n", [Change(("name",), "A", "B")])
    'name: B # ours\nzones: []\n'
    """
    layout = _layout(text)
    document = _yaml(layout).load(text) or CommentedMap()
    for change in changes:
        _apply(document, change)
    written = _dump(document, layout)
    kept = _with_lines_of(text, written)
    return kept if _read(kept) == _read(written) else written


def lost_comments(before: str, after: str) -> list[str]:
    r"""Return the comments of a text that a changed text has no longer.

    >>> lost_comments("a: 1 # one\nb: 2 # two", "a: 1 # one")
    ['two']
    """
    counts = Counter(_COMMENT.findall(before)) - Counter(_COMMENT.findall(after))
    return list(counts.elements())


def _read(text: str) -> Content:
    # LibYAML where PyYAML was built with it: a venue file takes it milliseconds.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: Content = yaml.load(text, Loader=loader)  # nosec B506 # noqa: S506 - a SafeLoader
    return content


def _yaml(layout: tuple[int, int, int]) -> YAML:
    sequence, offset, width = layout
    parser = YAML()
    parser.preserve_quotes = True
    parser.width = width
    parser.indent(mapping=2, sequence=sequence, offset=offset)
    return parser


def _dump(document: CommentedBase, layout: tuple[int, int, int]) -> str:
    out = io.StringIO()
    _yaml(layout).dump(document, out)
    return out.getvalue()


@lru_cache(maxsize=4)
def _layout(text: str) -> tuple[int, int, int]:
    """Return the layout with which an unchanged text differs least from itself."""

    def changed_lines(layout: tuple[int, int, int]) -> int:
        document = _yaml(layout).load(text)
        if document is None:
            return 0
        written = map(_unspaced, _dump(document, layout).splitlines())
        return sum(1 for _ in difflib.unified_diff(list(map(_unspaced, text.splitlines())), list(written), n=0))

    best, least = _LAYOUTS[0], changed_lines(_LAYOUTS[0])
    for layout in _LAYOUTS[1:]:
        if least == 0:
            break
        if (changed := changed_lines(layout)) < least:
            best, least = layout, changed
    return best


def _with_lines_of(text: str, written: str) -> str:
    """Return a written text with the lines of the original where they differ in nothing but spaces in braces."""
    before, after = text.splitlines(), written.splitlines()
    spaced = "{ " in text
    lines: list[str] = []
    matcher = difflib.SequenceMatcher(None, list(map(_unspaced, before)), list(map(_unspaced, after)), autojunk=False)
    for tag, begin, end, first, last in matcher.get_opcodes():
        lines += (
            before[begin:end] if tag == "equal" else [_spaced(line) if spaced else line for line in after[first:last]]
        )
    return "\n".join(lines) + "\n"


def _unspaced(line: str) -> str:
    return re.sub(r"(?<=\{) +| +(?=\})", "", line.rstrip())


def _spaced(line: str) -> str:
    """Return a line with a space inside each brace, where no text in quotes may hold one."""
    return line if "'" in line else re.sub(r"(?<=[^{\s])\}", " }", re.sub(r"\{(?=[^}\s])", "{ ", line))


def _apply(document: CommentedBase, change: Change) -> None:
    *way, last = change.path
    shared = _shared(document)
    node: Any = document
    for step in way:
        node = _own(node, _index(node, step), shared)
    if isinstance(last, Entry):
        _change_entry(node, last, change.after, shared)
    elif change.after is ABSENT:
        del node[last]
    elif last in node:
        # What is shared with other places by an anchor must not change there, too.
        old = None if id(node[last]) in shared else node[last]
        node[last] = _merged(old, change.after)
    else:
        node[last] = _styled(change.after)


def _change_entry(entries: CommentedSeq, entry: Entry, after: Content, shared: set[int]) -> None:
    if after is ABSENT:
        _remove(entries, _index(entries, entry))
    elif any(_is_entry(one, entry) for one in entries):
        index = _index(entries, entry)
        entries[index] = _merged(None if id(entries[index]) in shared else entries[index], after)
    else:
        if not entries:
            entries.fa.set_block_style()
        entries.append(_styled(after))


def _remove(entries: CommentedSeq, index: int) -> None:
    """Remove an entry, but not the comment behind it, which is about the next one."""
    removed = entries[index]
    below = _comment_below(removed) or _comment_of_item(entries, index)
    del entries[index]
    if below is not None and entries:
        _put_below(entries, index, below)


def _index(node: Any, step: Step) -> Any:
    if not isinstance(step, Entry):
        return step
    for index, one in enumerate(node):
        if _is_entry(one, step):
            return index
    raise KeyError(step.value)


def _is_entry(node: Any, entry: Entry) -> bool:
    return isinstance(node, dict) and str(node.get(entry.field)) == entry.value


def _own(node: Any, key: Any, shared: set[int]) -> Any:
    """Return a child; one that is shared with other places by an anchor is copied first."""
    child = node[key]
    if id(child) in shared:
        child = copy.deepcopy(child)
        child.yaml_set_anchor(None)
        node[key] = child
    return child


def _shared(document: Any) -> set[int]:
    """Return the identities of nodes that stand in more than one place."""
    seen: set[int] = set()
    shared: set[int] = set()
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict | list):
            continue
        if id(node) in seen:
            shared.add(id(node))
            continue
        seen.add(id(node))
        waiting.extend(node.values() if isinstance(node, dict) else node)
    return shared


def _merged(old: Any, new: Content) -> Any:
    """Return a new value in the place of an old one: lists keep what is equal in them, with its comments."""
    if isinstance(old, CommentedSeq) and isinstance(new, list) and old and new:
        if old.fa.flow_style():
            replaced = _styled(new)
            if isinstance(replaced, CommentedSeq):
                replaced.fa.set_flow_style()
                _copy_comments(old, replaced)
            return replaced
        # From the end, so that the indexes before stay right.
        matcher = difflib.SequenceMatcher(None, [repr(_plain(one)) for one in old], [repr(_plain(one)) for one in new])
        for tag, begin, end, first, last in reversed(matcher.get_opcodes()):
            if tag != "equal":
                _splice(old, begin, end, new[first:last])
        return old
    return _styled(new)


def _splice(entries: CommentedSeq, begin: int, end: int, new: Sequence[Content]) -> None:
    """Replace entries begin to end - 1 by new ones."""
    kept = min(end - begin, len(new))
    for index in range(kept):
        entries[begin + index] = _merged(entries[begin + index], new[index])
    for index in reversed(range(begin + kept, end)):
        _remove(entries, index)
    for offset, one in enumerate(new[kept:]):
        entries.insert(begin + kept + offset, _styled(one))


def _plain(value: Any) -> Any:
    """Return a value of plain lists and dicts, so that equal ones have equal texts."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in sorted(value.items())}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return value if value is None or isinstance(value, bool) else str(value)


def _styled(value: Content) -> Any:
    """Return a new value as people would write it: points on one line, texts in quotes where YAML needs them."""
    if isinstance(value, dict):
        return CommentedMap({str(key): _styled(one) for key, one in value.items()})
    if isinstance(value, list):
        styled = CommentedSeq([_styled(one) for one in value])
        for one in styled:
            if isinstance(one, CommentedMap) and _is_short(one):
                one.fa.set_flow_style()
        if not any(isinstance(one, dict) for one in value):
            styled.fa.set_flow_style()
        return styled
    if isinstance(value, str) and _needs_quotes(value):
        return DoubleQuotedScalarString(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def _is_short(entry: CommentedMap) -> bool:
    """Return True for an entry that people write on one line: a ground point, a product."""
    nested = any(isinstance(value, dict) for value in entry.values())
    return not nested and len(str(_plain(entry))) <= MAX_ENTRY_LETTERS


def _needs_quotes(text: str) -> bool:
    """Return True if YAML 1.1 would read an unquoted text as something else: 22:00 is 1320 there."""
    try:
        return "\n" not in text and yaml.safe_load(text) != text
    except (yaml.YAMLError, ValueError):
        return True


def _copy_comments(old: CommentedSeq, new: CommentedSeq) -> None:
    if below := _comment_below(old):
        new.ca.end = [below]
    if old.ca.comment:
        new.ca.comment = old.ca.comment


def _comment_below(node: Any) -> Any:
    """Return the comment token after the last leaf of a node, or None."""
    if not isinstance(node, CommentedMap | CommentedSeq) or not node:
        return None
    key = list(node)[-1] if isinstance(node, CommentedMap) else len(node) - 1
    within = _comment_below(node[key])
    if within is not None:
        return within
    return _comment_of_item(node, key)


def _comment_of_item(node: Any, key: Any) -> Any:
    slots = node.ca.items.get(key) or []
    place = 2 if isinstance(node, CommentedMap) else 0
    return slots[place] if len(slots) > place else None


def _put_below(entries: CommentedSeq, index: int, comment: Any) -> None:
    """Put the comment of a removed entry before the entry that follows it now, or at the end of the list."""
    lines = comment.value.split("\n")[1:]
    if not any(line.strip() for line in lines):
        return
    comment.value = "\n" + "\n".join(lines)
    previous: Any = entries[index - 1] if index > 0 else None
    if previous is None:
        entries.yaml_set_comment_before_after_key(
            0, before="\n".join(line.strip().removeprefix("#").strip() for line in lines if line.strip()),
            indent=comment.start_mark.column if comment.start_mark else 0,
        )  # fmt: skip
        return
    target, key = _last_leaf(entries, index - 1)
    slots = target.ca.items.setdefault(key, [None] * 4)
    place = 2 if isinstance(target, CommentedMap) else 0
    if slots[place] is None:
        slots[place] = comment
    else:
        slots[place].value = slots[place].value.rstrip("\n") + comment.value


def _last_leaf(node: Any, key: Any) -> tuple[Any, Any]:
    child = node[key]
    while isinstance(child, CommentedMap | CommentedSeq) and child and not child.fa.flow_style():
        node, key = child, (list(child)[-1] if isinstance(child, CommentedMap) else len(child) - 1)
        child = node[key]
    return node, key
