"""Fuzz tests of venue files: each is read, or every mistake is reported with its line and a remedy."""

from __future__ import annotations

import copy
import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.runtime.venue_file import VenueFileError, read_venue
from tests.fuzz.conftest import INPUT_MULTIPLIER, SurfaceStatistics
from tests.fuzz.input_generator import BOUNDARY_VALUES, InputGenerator

EXAMPLES = 15
TEXT = """
name: Fuzz
timezone: Europe/Madrid
capacity: 900
zones:
  - { id: front, area_m2: 100, capacity: 350, exits: [{ name: north, sign: N, alternative: south }, south] }
cameras:
  - id: mast
    url: rtsp://127.0.0.1:1/x
    ground: &mast
      - { picture: [0.2656, 0.2307], metres: [-3.0, 18.0] }
      - { picture: [0.7344, 0.2307], metres: [3.0, 18.0] }
      - { picture: [0.9441, 0.8601], metres: [2.4, 7.6] }
      - { picture: [0.0559, 0.8601], metres: [-2.4, 7.6] }
    views: [{ zone: front, polygon: [[0, 0], [1, 0], [1, 1]], exits: [{ exit: north, line: [[0, 0], [1, 0]] }] }]
    gates: [{ id: east, line: [[0, 0.5], [1, 0.5]], inwards: [0.5, 0.9] }]
    masks: [[[0, 0], [0.1, 0], [0.1, 0.1]]]
  - { id: other, ground: *mast }
calendar: { first_day: 2026-07-03, last_day: 2026-07-05, holidays: [2026-07-04] }
plan: { outline: [[0, 0], [9, 0], [9, 9]], zones: { front: [[0, 0], [1, 0], [1, 1]] }, cameras: { mast: { at: [1, 1], towards: [0, 0] } } }
bars:
  - id: north
    zone: front
    closes: "02:00"
    products: [{ id: gin, opening_stock: 10 }, { id: gin-tonic, recipe: { gin: 1 } }]
  - { id: south, neighbours: [north] }
stages: [{ id: main, url: "alsa:default" }]
lights: [{ stage: main, host: 127.0.0.1, port: 9000, addresses: { beat: "/{stage}/beat" } }]
mailboxes: [{ url: "imap://a@127.0.0.1/INBOX" }]
tills: { port: 0 }
contacts: [{ id: ana, audience: [security], quiet: { begin: "01:00", end: "08:00" }, escalate_to: [eva] }, { id: eva }]
rules: { crowd-density: { raise_at: 4, clear_at: 3, audience: [security] } }
"""  # noqa: E501
VENUE = yaml.safe_load(TEXT)
VALUES = st.one_of(
    st.sampled_from([
        *BOUNDARY_VALUES, float("nan"), float("inf"), datetime.date(2026, 7, 4), b"\x00\xff", "${HOME}", "file:///etc",
    ]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    ),
)  # fmt: skip
LINES = (
    "? [a]: b", "<<: *mast", "a: &a [*a]", "first_day: 2026-02-30", "capacity: 190:20:30", "x: !!set {a, b}", "\t",
    "x: !!python/object/apply:os.system [id]", "x: !!python/name:os.system", "- - - -", "x: !!binary zzzz", "---",
    "...", "%YAML 9.9", "x: 0o9", "x: 1_000", "name: x", "x: !!float abc", "x: !!int abc", "x: !!timestamp abc", "x: |",
    "'", "x: " + "9" * 5_000, '"\\x', "&", "*", "{", "]", "x: 2026-13-45T99:99:99Z", "? {a: b}\n: c", "x: " + "[" * 900,
    "\u0085", "\ufeff", "capacity: 0100", "no: yes", "12: 13", "day_begins: 22:00", "capacity: " + "1:2" * 2_000,
    "{ id: on, url: 'rtsp://a:b/c?d#e@f:99999/g' }", "{ url: ' pop3://a:b@c' }", "{ host: 'osc://desk:9000' }",
    "- [[0, 0], [1, 1], [1, 0], [0, 1]]", "polygon: [[0, 0], [0, 0], [0, 0]]", "line: [[0.5, 0.5], [0.5, 0.5]]",
)  # fmt: skip


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for name, one in parts for path in _paths(one, (*at, name)))]


PATHS = _paths(VENUE)[1:]


def check_read_or_explained(folder: Path, text: str, statistics: SurfaceStatistics) -> None:
    file = folder / "venue.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    with statistics.measure(1, text):
        try:
            read_venue(file)
        except VenueFileError as error:
            for line in str(error).splitlines()[:1]:
                assert line.startswith(str(file)), line
            assert len(str(error)) < 200_000
            statistics.count_refusal("explained")


@pytest.mark.timeout(3600)
def test_venue_file_values(tmp_path: Path, statistics: SurfaceStatistics) -> None:
    @settings(
        max_examples=EXAMPLES * INPUT_MULTIPLIER, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(st.tuples(st.sampled_from(PATHS), VALUES, st.sampled_from("rrrdk")), min_size=1, max_size=3))
    def attempt(changes: list[tuple[tuple[Any, ...], Any, str]]) -> None:
        venue = copy.deepcopy(VENUE)
        for path, value, operation in changes:
            _apply_change(venue, path, value, operation)
        check_read_or_explained(tmp_path, yaml.safe_dump(venue, allow_unicode=True), statistics)

    attempt()


def _apply_change(venue: Any, path: tuple[Any, ...], value: Any, operation: str) -> None:
    """Replace, delete or rename the value at a path, if it still exists."""
    at = venue
    try:
        for part in path[:-1]:
            at = at[part]
        old = at[path[-1]]
        if operation == "d":
            del at[path[-1]]
        elif operation == "k" and isinstance(at, dict):
            at[value if isinstance(value, str | int | float | bool) else str(value)] = old
        else:
            at[path[-1]] = value
    except (KeyError, IndexError, TypeError):
        return


@pytest.mark.timeout(3600)
def test_venue_file_text(tmp_path: Path, statistics: SurfaceStatistics) -> None:
    generator = InputGenerator("venue text")
    for _ in range(EXAMPLES * INPUT_MULTIPLIER):
        if generator.random.random() < 0.6:
            lines = TEXT.splitlines()
            at = generator.random.randrange(len(lines))
            indented = lines[at][: len(lines[at]) - len(lines[at].lstrip())] if lines[at] else ""
            lines[at : at + generator.random.randrange(2)] = [indented + generator.random.choice(LINES)]
            text = "\n".join(lines)
        else:
            text = generator.mutate_bytes(TEXT.encode()).decode(
                "utf-8", "surrogateescape" if generator.random.random() < 0 else "replace"
            )
        check_read_or_explained(tmp_path, text, statistics)


@pytest.mark.parametrize("kind", ["aliases", "merges"])
def test_venue_file_rejects_endless_expansion(tmp_path: Path, kind: str, statistics: SurfaceStatistics) -> None:
    """Expand nine anchors, each ten times the one before: a file of a kilobyte that would exhaust the memory."""
    lines = ["name: bomb"]
    if kind == "aliases":
        lines += ["a0: &a0 [x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)] + ["zones: *a9"]
    else:
        lines += ["a0: &a0 {k: v}"]
        lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    file = tmp_path / "bomb.yaml"
    file.write_text("\n".join(lines))
    with statistics.measure(1, kind), pytest.raises(VenueFileError, match="expand"):
        read_venue(file)
    statistics.count_refusal("explained")
