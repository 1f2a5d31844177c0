"""Reconciliation of outcomes with the offered inputs: nothing may be lost or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from processors.sources import rules as sources_rules
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
from tests.e2e.conftest import StackClient
from tests.faults.inputs import BARS, stock_after
from tests.faults.load import Load

SILENCE_RULES = frozenset(rule.name for rule in sources_rules.RULES)
"""Rules of which no fault may raise an alert: the load needs no process of sources."""

DESK_CHANGELOG = "pulso-support-support-desk-changelog"


@dataclass(frozen=True)
class InputTotals:
    """Outcomes of all inputs of one kind.

    Attributes:
        offered: distinct inputs.
        dead: of those, dead letters with a reason.
        dropped: frames and fragments that were skipped as too old, where a newer one was analyzed.
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


def reconcile_inputs(stack_client: StackClient, load: Load, workers: frozenset[str], venue: Venue) -> list[InputTotals]:
    """Return the totals of each kind of input offered; call it after `Load.send_closing_tickets`."""
    lines: list[InputTotals] = []
    if "bars" in workers:
        lines += [_reconcile_tickets(stack_client, load), _reconcile_stock(stack_client, load, venue)]
    if "support" in workers:
        lines.append(_reconcile_mails(stack_client, load))
    if "vision" in workers:
        lines += [
            _reconcile_crossings(stack_client, load),
            _reconcile_media(stack_client, load, FRAMES, (CROWD, VIOLENCE), load.offered.frames),
        ]
    if "music" in workers:
        lines.append(_reconcile_media(stack_client, load, SNIPPETS, (TAGS,), load.offered.fragments))
    if "alerts" in workers:
        lines.append(_reconcile_alerts(stack_client, load))
    return lines


def _closing_forecasts(stack_client: StackClient, load: Load) -> dict[str, DemandForecast]:
    """Return the latest forecast of each bar after its closing ticket."""
    last = load.closing_time()
    return {record.bar: record for _, record in stack_client.records(DEMAND) if record.time >= last}


def _reconcile_tickets(stack_client: StackClient, load: Load) -> InputTotals:
    offered = load.offered
    dead = Counter(dead_ids(stack_client, SALES))
    expected_dead = {ticket.id for ticket in offered.tickets if ticket.id in offered.expected_dead}
    booked = {ticket.id: ticket for ticket in offered.tickets if ticket.id not in expected_dead}
    closing = _closing_forecasts(stack_client, load)
    lost = doubled = 0
    differences = []
    for bar in BARS:
        tickets = [ticket for ticket in booked.values() if ticket.bar == bar]
        if bar not in closing:
            lost += len(tickets)
            continue
        missing = len(tickets) - closing[bar].tickets
        lost, doubled = lost + max(0, missing), doubled + max(0, -missing)
        sold: Counter[str] = Counter()
        for ticket in tickets:
            for line in ticket.lines:
                sold[line.product] += int(line.quantity)
        sold_by_product = {product.product: product.sold for product in closing[bar].products}
        differences += [
            f"{bar} {name} {sold_by_product.get(name)} for {units}"
            for name, units in sold.items()
            if sold_by_product.get(name) != units
        ]
    lost += len(expected_dead - set(dead))
    doubled += len(set(dead) - expected_dead)
    return InputTotals("tickets", len(offered.tickets), len(dead), 0, lost, doubled, "; ".join(differences))


def _reconcile_stock(stack_client: StackClient, load: Load, venue: Venue) -> InputTotals:
    opening = {(bar.id, product.id): product.opening_stock or 0.0 for bar in venue.bars for product in bar.products}
    expected = stock_after(load.offered, opening)
    actual = {
        (bar, product.product): (product.stock or 0.0) - product.oversold
        for bar, forecast in _closing_forecasts(stack_client, load).items()
        for product in forecast.products
    }
    differences = [
        f"{' '.join(key)} {actual.get(key)} for {units}" for key, units in expected.items() if actual.get(key) != units
    ]
    dead = list(dead_ids(stack_client, STOCK))
    return InputTotals(
        "stock movements", len(load.offered.movements), len(dead), 0, len(dead), 0, "; ".join(differences)
    )


def _reconcile_mails(stack_client: StackClient, load: Load) -> InputTotals:
    offered = load.offered
    ids = {mail.id for mail in offered.mails}
    dead = set(dead_ids(stack_client, MAILS))
    triaged = {record.message for _, record in stack_client.records(TRIAGE)}
    rows = [message.value() for message in read_all(stack_client.settings, DESK_CHANGELOG)]
    desk = msgspec.json.decode(rows[-1] or b"", type=DeskState) if rows else DeskState()
    expected = len(ids) - len(dead)
    clusters = sum(part.size for part in desk.clustering.parts)
    difference = "" if clusters == expected else f"clusters hold {clusters} mails for {expected}"
    lost = max(len(ids - triaged - dead), expected - desk.mails)
    return InputTotals(
        "mails",
        len(ids),
        len(dead),
        0,
        lost,
        max(0, desk.mails - expected) + len(dead - offered.expected_dead),
        difference,
    )


def _reconcile_crossings(stack_client: StackClient, load: Load) -> InputTotals:
    changes = load.offered.changes
    occupancies = [record for _, record in stack_client.records(OCCUPANCY)]
    differences = []
    for name, expected in (
        ("entered", sum(change.entered for change in changes)),
        ("left", sum(change.left for change in changes)),
    ):
        actual = getattr(occupancies[-1], name) if occupancies else 0.0
        if actual != expected:
            differences.append(f"{name} {actual} for {expected}")
    return InputTotals("gate crossings", len(changes), wrong="; ".join(differences))


def _reconcile_media(
    stack_client: StackClient, load: Load, topic: Topic, results: tuple[Topic, ...], offered: list[str]
) -> InputTotals:
    """Return the totals of frames or fragments; an older one may be dropped when a newer one has arrived.

    An analyzed frame has a count, a score, or both: the networks need pictures that are close together in time.
    """
    analyzed: dict[str, set[str]] = {}
    doubled = 0
    for result in results:
        ids: dict[str, set[str]] = {}
        for envelope, record in stack_client.records(result):
            ids.setdefault(record.event_id, set()).add(envelope.id)
        doubled += sum(len(names) > 1 for names in ids.values())
        analyzed |= ids
    dead = set(dead_ids(stack_client, topic))
    known = [id in analyzed or id in dead for id in offered]
    newest = max((index for index, is_known in enumerate(known) if is_known), default=-1)
    dropped = sum(not is_known for is_known in known[: newest + 1])
    lost = len(offered) - newest - 1
    doubled += len(dead & set(analyzed))
    unexpected = sorted((dead - load.offered.undecodable) | (load.offered.undecodable & set(analyzed)))
    difference = f"decodable but dead-lettered, or undecodable but analyzed: {unexpected[:5]}" if unexpected else ""
    return InputTotals(
        "frames" if topic is FRAMES else "fragments", len(offered), len(dead), dropped, lost, doubled, difference
    )


def _reconcile_alerts(stack_client: StackClient, load: Load) -> InputTotals:
    """Check that every urgent mail raised one alert, and that no alert step was delivered twice."""
    expected, repeated = load.offered.urgent_alert_keys, []
    for audience in AUDIENCES:
        steps = Counter((alert.id, alert.version) for alert in stack_client.alerts(audience))
        repeated += [f"{id} step {version}, {audience}" for (id, version), times in steps.items() if times > 1]
        # A worker that was away must not take its own absence for the silence of sources.
        silent = {alert.key for alert in stack_client.alerts(audience) if alert.rule in SILENCE_RULES}
        repeated += [f"{key} was raised" for key in sorted(silent)]
    raised_alerts = [
        alert for alert in stack_client.alerts("security") if alert.rule == "mail-urgent" and alert.state == "raised"
    ]
    raised = Counter(alert.key for alert in raised_alerts)
    doubled = sum(times - 1 for times in raised.values()) + len(repeated) + len(set(raised) - expected)
    return InputTotals("alerts", len(expected), 0, 0, len(expected - set(raised)), doubled, "; ".join(repeated[:5]))


def dead_ids(stack_client: StackClient, topic: Topic) -> Iterable[str]:
    """Return the ids of dead-lettered events, each record once."""
    positions = set()
    for message in read_all(stack_client.settings, topic.dead.name):
        headers = dict(headers_of(message))
        position = headers["pulso_dead_partition"], headers["pulso_dead_offset"]
        if position not in positions:
            positions.add(position)
            yield headers["ce_id"].decode()
