"""Measurements of the story steps about attendees: plans, offers after changes, answers, and where people are sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from schemas.assistant import AssistantAnswer
from schemas.ids import ListenerId
from schemas.itinerary import ItineraryPlan, PlanCause
from schemas.recommendations import RecommendationList
from simulation.attendees import PLANS_AGAIN_AT, QUESTIONS_ASKED, QuestionOutcome
from simulation.evening import EVENING_SECONDS, MAIN_STAGE, Evening
from simulation.programme_changes import ALTERNATIVE_STAGE, CLOSED_PATH, MOVE_ANNOUNCED_AT, MOVED_ACT, PATH_CLOSED_AT


class AttendeeMeasurements:
    """Collects plans, recommendations and answers of the first evening, and evaluates them afterwards."""

    def __init__(self, evening: Evening) -> None:
        self._evening = evening
        self._plans: list[ItineraryPlan] = []
        self._lists: dict[ListenerId, RecommendationList] = {}
        self._reasons: Counter[str] = Counter()
        self._answers: dict[str, AssistantAnswer] = {}

    def add_result(self, record: Any) -> None:
        """Add one result; others than of attendees are ignored."""
        match record:
            case ItineraryPlan() if record.time <= self._evening.at(EVENING_SECONDS):
                self._plans.append(record)
            case RecommendationList() if record.time <= self._evening.at(EVENING_SECONDS):
                if record.acts:
                    self._reasons[record.acts[0].reason] += 1
                self._lists[record.listener] = record
            case AssistantAnswer() if record.time <= self._evening.at(EVENING_SECONDS):
                self._answers[record.conversation] = record
            case _:
                pass

    def by_step(self) -> dict[str, dict[str, Any]]:
        """Return the measurements by name of the story step; `evidence` is a line for people."""
        return {
            "plans": self._first_plans(),
            "path-closed": self._closed_path(),
            "set-moved": self._moved_set(),
            "questions": self._questions(),
            "stage-full": self._full_stage(),
        }

    def _first_plans(self) -> dict[str, Any]:
        before = [one for one in self._plans if not one.offer and one.time < self._evening.at(PATH_CLOSED_AT)]
        complete = sum(one.is_feasible for one in before)
        return {
            "plans": len(before),
            "complete": complete,
            "recommended": len(self._lists),
            "first_reasons": dict(sorted(self._reasons.items())),
            "evidence": f"{len(before)} attendees have a plan, {complete} of them with every wish; "
            f"{len(self._lists)} have recommendations",
            "as_expected": complete > 0 and len(self._lists) > 0,
        }

    def _closed_path(self) -> dict[str, Any]:
        told, again = self._told("path_closed"), self._planned_again("path")
        later = [one for one in self._plans if one.time > self._evening.at(PATH_CLOSED_AT)]
        through = sum(_uses(one, CLOSED_PATH) for one in later)
        return {
            "told": len(told),
            "plans_and_offers_since": len(later),
            "through_closed_path": through,
            "evidence": f"{len(told)} were told that a path of theirs is closed; "
            f"{through} of {len(later)} plans and offers since use it",
            "as_expected": bool(told) and through == 0 and bool(again),
        }

    def _moved_set(self) -> dict[str, Any]:
        told, again = self._told("set_moved"), self._planned_again("set")
        changed = told & {one.visitor for one in again}
        moved = sum(any(stop.act == MOVED_ACT and stop.place == ALTERNATIVE_STAGE for stop in o.stops) for o in again)
        silent = sum(
            not one.offer and self._evening.at(MOVE_ANNOUNCED_AT) < one.time < self._evening.at(PLANS_AGAIN_AT["set"])
            for one in self._plans
        )
        return {
            "told": len(told),
            "planned_again": len(changed),
            "kept_their_plan": len(told - changed),
            "see_it_on_the_new_stage": moved,
            "changed_silently": silent,
            "evidence": f"{len(told)} were told that an act of theirs moved; {len(changed)} planned again, "
            f"{len(told - changed)} keep their plan, {silent} plans changed by themselves",
            "as_expected": bool(changed) and silent == 0,
        }

    def _questions(self) -> dict[str, Any]:
        outcomes = Counter(map(_outcome, self._answers.values()))
        asked = Counter(one.outcome for one in QUESTIONS_ASKED)
        languages = Counter(answer.language for answer in self._answers.values())
        spoken = ", ".join(f"{number} {language}" for language, number in sorted(languages.items()))
        return {
            "asked": asked.total(),
            **{kind: outcomes[kind] for kind in ("answered", "handed_over", "urgent")},
            "languages": dict(sorted(languages.items())),
            "to_support_desk": sum(one.handover and one.skill != "refused" for one in self._answers.values()),
            "evidence": f"{asked.total()} questions ({spoken}): {outcomes['answered']} answered, "
            f"{outcomes['handed_over']} handed over, {outcomes['urgent']} to security",
            "as_expected": outcomes == asked,
        }

    def _full_stage(self) -> dict[str, Any]:
        plans = self._planned_again("crowd")
        sent = Counter[str](place for one in plans for place in {stop.place for stop in one.stops})
        return {
            "plans": len(plans),
            "sent_to": dict(sorted(sent.items())),
            "evidence": f"the main stage is full: of {len(plans)} who plan now, {sent[MAIN_STAGE]} are sent there, "
            f"{sent[ALTERNATIVE_STAGE]} to the tent",
            "as_expected": sent[ALTERNATIVE_STAGE] > sent[MAIN_STAGE],
        }

    def _told(self, cause: PlanCause) -> set[ListenerId]:
        return {one.visitor for one in self._plans if one.offer and one.cause == cause}

    def _planned_again(self, change: str) -> list[ItineraryPlan]:
        """Return the plans that attendees asked for after a change: within the minutes in which they do."""
        begin = self._evening.at(PLANS_AGAIN_AT[change])
        end = self._evening.at(PLANS_AGAIN_AT[change] + 120)
        return [one for one in self._plans if not one.offer and begin <= one.time <= end]


def _outcome(answer: AssistantAnswer) -> QuestionOutcome:
    if answer.urgent:
        return "urgent"
    return "handed_over" if answer.handover else "answered"


def _uses(one: ItineraryPlan, ends: Iterable[str]) -> bool:
    return any(set(step) == set(ends) for leg in one.legs for step in pairwise(leg.places))
