"""Comparison of outcomes with the offered inputs: nothing may be lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from processors.support.desk import DeskState
from schemas.alerts import AUDIENCES
from schemas.attendance import OCCUPANCY
from schemas.bars import DEMAND, SALES, STOCK, DemandForecast
from schemas.cameras import FRAMES
from schemas.crowd import CROWD
from schemas.music import SNIPPETS, TAGS
from schemas.support import MAILS, TRIAGE
from schemas.topic import Topic
from schemas.venue import Venue
from schemas.violence import VIOLENCE
from stream.runtime.topic_reader import headers_of, read_all
from tests.e2e.conftest import Outside
from tests.faults.inputs import BARS, stock_after
from tests.faults.load import Load

DESK = "pulso-support-support-desk-changelog"


@dataclass(frozen=True)
class Line:
    """One kind of input.

    Attributes:
        offered: distinct inputs.
        dead: of those, dead letters with a reason.
        dropped: frames and fragments too old to be worth the work: one that came later was looked at.
    """

    what: str
    offered: int
    dead: int = 0
    dropped: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: str = ""
    """Description of the totals that differ."""

    @property
    def exact(self) -> bool:
        """True if every input has exactly one outcome."""
        return not (self.lost or self.doubled or self.wrong)


def account(outside: Outside, load: Load, workers: frozenset[str], venue: Venue) -> list[Line]:
    """Return one account for each kind of input offered; call it after `Load.close_bars`."""
    lines: list[Line] = []
    if "bars" in workers:
        lines += [_tickets(outside, load), _stock(outside, load, venue)]
    if "support" in workers:
        lines.append(_mails(outside, load))
    if "vision" in workers:
        lines += [_crossings(outside, load), _media(outside, load, FRAMES, (CROWD, VIOLENCE), load.offered.frames)]
    if "music" in workers:
        lines.append(_media(outside, load, SNIPPETS, (TAGS,), load.offered.fragments))
    if "alerts" in workers:
        lines.append(_alerts(outside, load))
    return lines


def _closing(outside: Outside, load: Load) -> dict[str, DemandForecast]:
    """Return the latest forecast of each bar after its closing ticket."""
    last = load.end_of_evening()
    return {record.bar: record for _, record in outside.records(DEMAND) if record.time >= last}


def _tickets(outside: Outside, load: Load) -> Line:
    offered = load.offered
    dead = Counter(dead_ids(outside, SALES))
    early = {one.id for one in offered.tickets if one.id in offered.early}
    booked = {one.id: one for one in offered.tickets if one.id not in early}
    closing = _closing(outside, load)
    lost = doubled = 0
    wrong = []
    for bar in BARS:
        tickets = [one for one in booked.values() if one.bar == bar]
        if bar not in closing:
            lost += len(tickets)
            continue
        short = len(tickets) - closing[bar].tickets
        lost, doubled = lost + max(0, short), doubled + max(0, -short)
        sold: Counter[str] = Counter()
        for one in tickets:
            for line in one.lines:
                sold[line.product] += int(line.quantity)
        found = {product.product: product.sold for product in closing[bar].products}
        wrong += [f"{bar} {name} {found.get(name)} for {n}" for name, n in sold.items() if found.get(name) != n]
    lost += len(early - set(dead))
    doubled += len(set(dead) - early)
    return Line("tickets", len(offered.tickets), len(dead), 0, lost, doubled, "; ".join(wrong))


def _stock(outside: Outside, load: Load, venue: Venue) -> Line:
    opening = {(bar.id, one.id): one.opening_stock or 0.0 for bar in venue.bars for one in bar.products}
    right = stock_after(load.offered, opening)
    found = {
        (bar, one.product): (one.stock or 0.0) - one.oversold
        for bar, forecast in _closing(outside, load).items()
        for one in forecast.products
    }
    wrong = [f"{' '.join(key)} {found.get(key)} for {units}" for key, units in right.items() if found.get(key) != units]
    dead = list(dead_ids(outside, STOCK))
    return Line("stock movements", len(load.offered.movements), len(dead), 0, len(dead), 0, "; ".join(wrong))


def _mails(outside: Outside, load: Load) -> Line:
    offered = load.offered
    ids = {one.id for one in offered.mails}
    dead = set(dead_ids(outside, MAILS))
    read = {record.message for _, record in outside.records(TRIAGE)}
    rows = [message.value() for message in read_all(outside.settings, DESK)]
    desk = msgspec.json.decode(rows[-1] or b"", type=DeskState) if rows else DeskState()
    right = len(ids) - len(dead)
    clusters = sum(cluster.size for cluster in desk.clustering.clusters)
    wrong = "" if clusters == right else f"clusters hold {clusters} mails for {right}"
    lost = max(len(ids - read - dead), right - desk.mails)
    return Line("mails", len(ids), len(dead), 0, lost, max(0, desk.mails - right) + len(dead - offered.early), wrong)


def _crossings(outside: Outside, load: Load) -> Line:
    changes = load.offered.changes
    told = [record for _, record in outside.records(OCCUPANCY)]
    wrong = []
    for name, right in (("entered", sum(one.entered for one in changes)), ("left", sum(one.left for one in changes))):
        found = getattr(told[-1], name) if told else 0.0
        if found != right:
            wrong.append(f"{name} {found} for {right}")
    return Line("gate crossings", len(changes), wrong="; ".join(wrong))


def _media(outside: Outside, load: Load, topic: Topic, results: tuple[Topic, ...], offered: list[str]) -> Line:
    """Frames or fragments: an older one may be passed over when a newer one is there.

    A frame that was looked at has a count or a score, or both: the networks wait for pictures that are close together.
    """
    named: dict[str, set[str]] = {}
    doubled = 0
    for result in results:
        ids: dict[str, set[str]] = {}
        for envelope, record in outside.records(result):
            ids.setdefault(record.event_id, set()).add(envelope.id)
        doubled += sum(len(names) > 1 for names in ids.values())
        named |= ids
    dead = set(dead_ids(outside, topic))
    known = [id in named or id in dead for id in offered]
    newest = max((place for place, there in enumerate(known) if there), default=-1)
    dropped = sum(not there for there in known[: newest + 1])
    lost = len(offered) - newest - 1
    doubled += len(dead & set(named))
    strange = sorted((dead - load.offered.broken) | (load.offered.broken & set(named)))
    wrong = f"dead though whole, or read though broken: {strange[:5]}" if strange else ""
    return Line("frames" if topic is FRAMES else "fragments", len(offered), len(dead), dropped, lost, doubled, wrong)


def _alerts(outside: Outside, load: Load) -> Line:
    """Check that every urgent mail raised one alert, and that no alert step was delivered twice."""
    cries, repeated = load.offered.cries, []
    for audience in AUDIENCES:
        steps = Counter((alert.id, alert.version) for alert in outside.alerts(audience))
        repeated += [f"{id} step {version}, {audience}" for (id, version), times in steps.items() if times > 1]
    told = [alert for alert in outside.alerts("security") if alert.rule == "mail-urgent" and alert.state == "raised"]
    raised = Counter(alert.key for alert in told)
    doubled = sum(times - 1 for times in raised.values()) + len(repeated) + len(set(raised) - cries)
    return Line("alerts", len(cries), 0, 0, len(cries - set(raised)), doubled, "; ".join(repeated[:5]))


def dead_ids(outside: Outside, topic: Topic) -> Iterable[str]:
    """Return the ids of dead-lettered events, each record once."""
    seen = set()
    for message in read_all(outside.settings, topic.dead.name):
        headers = dict(headers_of(message))
        place = headers["pulso_dead_partition"], headers["pulso_dead_offset"]
        if place not in seen:
            seen.add(place)
            yield headers["ce_id"].decode()
