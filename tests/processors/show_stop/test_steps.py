"""Show stop: two different people, agreed triggers, and what people are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from processors.show_stop.steps import ShowStopError, call_off, confirm, propose
from schemas.ids import EventId
from schemas.show_stop import SHOW_STOP, ShowStop
from schemas.venue import Venue
from stream.features import registry

AT = datetime(2026, 7, 4, 22, tzinfo=UTC)
AGREED = {
    "triggers": ["Crush before the stage", "Storm"],
    "checklist": ["The crew knows", "The message is agreed"],
    "confirmers": [
        {"account": "eva", "name": "Eva Sanz", "role": "Event director"},
        {"account": "sara", "name": "Sara Gil", "role": "Head of security"},
    ],
}


def venue(**show_stop: object) -> Venue:
    return registry.full_venue_type().model_validate({"name": "Here", "language": "en", "show_stop": show_stop})


VENUE = venue(**AGREED)
SETTINGS = VENUE.section(SHOW_STOP)


def proposed(current: ShowStop | None = None, trigger: str = "Storm", by: str = "sara") -> ShowStop:
    return propose(
        current, SETTINGS, id=EventId("p1"), stage="main", trigger=trigger, by=by, now=AT, note="Lightning at 5 km"
    )


def confirmed(current: ShowStop | None, by: str = "eva", proposal: str = "p1") -> ShowStop:
    later = AT + timedelta(minutes=1)
    checked = ("The message is agreed", "unknown")
    return confirm(current, SETTINGS, id=EventId("c1"), proposal=proposal, by=by, now=later, checked=checked)


def test_second_named_person_confirms_and_anyone_calls_off() -> None:
    stop = confirmed(proposed())
    assert (stop.state, stop.proposed_by, stop.confirmed_by) == ("confirmed", "sara", "eva")
    assert (stop.confirmed_as, stop.checked) == ("Eva Sanz, Event director", ("The message is agreed",))
    over = call_off(stop, id=EventId("o1"), by="sara", now=AT + timedelta(minutes=9))
    assert (over.state, over.confirmed_by) == ("called-off", "eva")
    assert proposed(over).confirmed_by is None, "a new one begins anew"


def test_step_that_is_not_agreed_is_refused() -> None:
    stop = proposed()
    for message, step in (
        ("another person", lambda: confirmed(stop, by="sara")),
        ("only Eva Sanz, Sara Gil", lambda: confirmed(stop, by="ada")),
        ("by now", lambda: confirmed(stop, proposal="p0")),
        ("by now", lambda: confirmed(confirmed(stop))),
        ("by now", lambda: confirmed(None)),
        ("already", lambda: proposed(stop)),
        ("already", lambda: proposed(confirmed(stop))),
        ("agreed triggers", lambda: proposed(trigger="I am bored")),
        ("in force", lambda: call_off(None, id=EventId("o"), by="eva", now=AT)),
        ("no triggers", lambda: propose(None, venue().section(SHOW_STOP), id=EventId("p"), stage="main", trigger="",
                                        by="eva", now=AT)),
    ):  # fmt: skip
        with pytest.raises(ShowStopError, match=message):
            step()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"confirmers": []}, "both triggers and confirmers"),
        ({"confirmers": AGREED["confirmers"][:1] * 2}, "'eva' stands there twice"),
    ],
)
def test_agreement_that_can_not_work_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        venue(**AGREED | wrong)


def test_each_step_has_its_alert() -> None:
    evaluator = registry.rule_evaluator(VENUE)
    stop = proposed()
    over = call_off(confirmed(stop), id=EventId("o1"), by="sara", now=AT + timedelta(minutes=9))
    values = [[one.value for one in evaluator.observations(step)] for step in (stop, confirmed(stop), over)]
    assert values == [[1, 0], [0, 1], [0, 0]]
    proposal, _ = evaluator.observations(stop)
    assert proposal.text["en"] == (
        "SHOW STOP PROPOSED for main by sara: Storm. Lightning at 5 km To confirm: Eva Sanz (Event director), "
        "Sara Gil (Head of security)."
    )
    assert all(rule.danger_to_life for name, rule in registry.rules_by_name().items() if name.startswith("show-stop"))
