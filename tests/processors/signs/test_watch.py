"""Silent displays are found after 15 s, and heard again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from processors.alerts.evaluator import RuleEvaluator
from processors.signs.rules import RULES
from processors.signs.watch import SignWatch
from schemas.signs import SignSettings, SignSilence, SignTextSettings
from stream.features import registry

START = datetime(2026, 7, 4, 20, tzinfo=UTC)
TEXT = SignTextSettings(es="Hola", en="Hello")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def watch() -> SignWatch:
    return SignWatch([SignSettings(id="arch", default=TEXT), SignSettings(id="spare", default=TEXT, watched=False)])


def silent(of: SignWatch, seconds: float) -> bool | None:
    found = list(of.evaluate(at(seconds)))
    assert not any(state.silent for state in found if state.sign == "spare"), "it is not watched"
    states = [state for state in found if state.sign == "arch"]
    return states[0].silent if states else None


def test_sign_that_stops_reporting_is_silent_after_fifteen_seconds_and_heard_again() -> None:
    of = watch()
    silent(of, 0)
    of.hear("arch", at(5))
    assert silent(of, 20) is not True
    assert silent(of, 20.5) is True
    assert silent(of, 22) is True
    of.hear("arch", at(23))
    assert [silent(of, second) for second in (24, 26)] == [False, False]
    assert silent(of, 90) is True


def test_display_has_time_to_come_up_and_is_then_missed() -> None:
    of = watch()
    assert [silent(of, second) for second in (0, 20, 44)] == [False, None, False]
    state = next(state for state in of.evaluate(at(46)) if state.sign == "arch")
    assert (state.silent, state.heard) == (True, False)


def test_what_was_replayed_from_before_gives_the_same_time_to_come_up() -> None:
    of = watch()
    of.hear("arch", at(-600))
    assert [silent(of, second) for second in (0, 20, 46)] == [False, None, True]


def test_alert_names_the_sign_its_place_and_the_time() -> None:
    venue = registry.full_venue_type().model_validate({
        "name": "Test", "timezone": "Europe/Madrid",
        "signs": [{"id": "arch", "title": "Arco", "place": "tras la puerta norte", "default": {"es": "a", "en": "b"}}],
    })  # fmt: skip
    evaluator = RuleEvaluator(RULES, venue, registry.message_catalog())
    texts = {}
    for name, fields in {"text": (True, True), "never": (True, False), "clear": (False, True)}.items():
        state = SignSilence(event_id="e", sign="arch", time=START, silent=fields[0], since=START, heard=fields[1])
        (observation,) = evaluator.observations(state)
        assert (observation.key, observation.value) == ("sign-silent/arch", float(fields[0]))
        texts[name] = observation.text
    assert (
        texts["text"]["es"] == "Letrero «Arco» (tras la puerta norte): sin señal desde las 22:00:00; mire qué muestra."
    )
    assert texts["never"]["en"] == "Sign “Arco” (tras la puerta norte): never heard of; open its page on the display."
    assert texts["clear"]["en"] == "Sign “Arco” (tras la puerta norte): heard of again."
