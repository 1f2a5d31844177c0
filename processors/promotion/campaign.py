"""State of one campaign: its variants, what was shown and responded to, and the estimates that follow."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from processors.promotion.estimate import WeightSums, estimate
from schemas.errors import PulsoError
from schemas.ids import EventId
from schemas.promotion import (
    MAX_VARIANTS,
    NO_TASTE,
    CampaignId,
    CampaignState,
    MessageVariant,
    PromotionAction,
    PromotionEvent,
    VariantCount,
    VariantId,
    VariantResult,
)

MIN_PROPENSITY = 1e-3
"""Least probability of a choice: a tenth, evenly over the variants, is far more."""


class PromotionError(PulsoError):
    """An action or event does not fit the campaign; the message says why."""


class Counted(Struct):
    """Showings of one variant to people of one taste, and responses."""

    shown: int = 0
    responses: int = 0


class CampaignRow(Struct):
    """State of one campaign.

    Attributes:
        offsets: last offset that it includes, by topic.
        title: empty before the campaign begins.
        counts: by variant and taste.
        plain: showings as they were, by variant.
        everybody: weights of a policy that always shows the variant, by variant.
        uniform: weights of a policy that shows each approved variant alike.
        shown_at: time of the last event in the state that was produced.
    """

    offsets: dict[str, int] = field(default_factory=dict)
    title: str = ""
    begun_by: str = ""
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    variants: list[MessageVariant] = field(default_factory=list)
    counts: dict[str, dict[str, Counted]] = field(default_factory=dict)
    plain: dict[str, WeightSums] = field(default_factory=dict)
    everybody: dict[str, WeightSums] = field(default_factory=dict)
    uniform: WeightSums = field(default_factory=WeightSums)
    shown_at: datetime | None = None

    def includes(self, topic: str, offset: int) -> bool:
        """Return True if a record was applied; otherwise remember it."""
        if offset <= self.offsets.get(topic, -1):
            return True
        self.offsets[topic] = offset
        return False

    def act(self, action: PromotionAction) -> None:
        """Apply an action of production.

        Raises:
            PromotionError: it does not fit.
        """
        if action.kind == "begin":
            self._begin(action)
            return
        if not self.title:
            raise PromotionError(f"there is no campaign {action.campaign!r}")
        if self.ended_at is not None:
            raise PromotionError(f"the campaign {action.campaign!r} has ended")
        if action.kind == "end":
            self.ended_at = action.time
        elif action.kind == "add":
            self._add_variant(action)
        else:
            self._set_status(action)

    def _begin(self, action: PromotionAction) -> None:
        if self.title:
            raise PromotionError(f"there is a campaign {action.campaign!r} already")
        if action.title is None:
            raise PromotionError("a campaign needs a title")
        self.title, self.begun_by, self.begun_at = action.title, action.by, action.time

    def _add_variant(self, action: PromotionAction) -> None:
        one = action.variant
        if one is None:
            raise PromotionError("a variant is needed")
        if one.picture is not None and not (one.picture_es.strip() and one.picture_en.strip()):
            raise PromotionError("a picture needs words in both languages for those who can't see it")
        if any(known.id == one.id for known in self.variants):
            raise PromotionError(f"there is a variant {one.id!r} already")
        if len(self.variants) >= MAX_VARIANTS:
            raise PromotionError(f"a campaign has at most {MAX_VARIANTS} variants, withdrawn ones included")
        made = {"made_by": action.by, "made_at": action.time}
        self.variants.append(replace(one, **made, status="proposed", approved_by=None, approved_at=None))

    def _set_status(self, action: PromotionAction) -> None:
        place = next((place for place, one in enumerate(self.variants) if one.id == action.variant_id), None)
        if place is None:
            raise PromotionError(f"the campaign has no variant {action.variant_id!r}")
        one = self.variants[place]
        if one.status == "withdrawn":
            raise PromotionError(f"the variant {one.id!r} was withdrawn")
        if action.kind == "withdraw":
            self.variants[place] = replace(one, status="withdrawn")
        elif one.status != "approved":
            self.variants[place] = replace(one, status="approved", approved_by=action.by, approved_at=action.time)

    def problem_of(self, event: PromotionEvent, tastes: Collection[str]) -> str | None:
        """Return a reason why an event can't be counted, or None."""
        if not self.title:
            return f"there is no campaign {event.campaign!r}"
        one = next((one for one in self.variants if one.id == event.variant), None)
        if one is None or one.approved_by is None:
            return f"the campaign has no approved variant {event.variant!r}"
        if event.taste != NO_TASTE and event.taste not in tastes:
            return f"the programme has no genre {event.taste!r}"
        if event.propensity < MIN_PROPENSITY:
            return f"the propensity {event.propensity:g} is below {MIN_PROPENSITY:g}"
        return None

    def count(self, event: PromotionEvent) -> None:
        """Count a showing or a response."""
        counted = self.counts.setdefault(event.variant, {}).setdefault(event.taste, Counted())
        weight = 1 / event.propensity
        weighted = (
            (self.plain.setdefault(event.variant, WeightSums()), 1.0),
            (self.everybody.setdefault(event.variant, WeightSums()), weight),
            (self.uniform, weight / event.variants),
        )
        if event.kind == "shown":
            counted.shown += 1
        else:
            counted.responses += 1
        for sums, one in weighted:
            if event.kind == "shown":
                sums.add_showing(one)
            else:
                sums.add_response(one)

    def state(self, campaign: CampaignId, event_id: EventId, time: datetime) -> CampaignState:
        """Return variants, counts and estimates as they are written."""
        return CampaignState(
            event_id=event_id,
            campaign=campaign,
            time=time,
            title=self.title,
            begun_by=self.begun_by,
            begun_at=self.begun_at or time,
            ended_at=self.ended_at,
            variants=tuple(self.variants),
            counts=tuple(
                VariantCount(variant=VariantId(variant), taste=taste, shown=one.shown, responses=one.responses)
                for variant, by_taste in self.counts.items()
                for taste, one in by_taste.items()
            ),
            results=tuple(self._result(one.id) for one in self.variants if one.approved_by is not None),
            rate=estimate(self._all()),
            uniform=estimate(self.uniform),
        )

    def _result(self, variant: VariantId) -> VariantResult:
        counts = self.counts.get(variant, {}).values()
        return VariantResult(
            variant=variant,
            shown=sum(one.shown for one in counts),
            responses=sum(one.responses for one in counts),
            rate=estimate(self.plain.get(variant, WeightSums())),
            to_everybody=estimate(self.everybody.get(variant, WeightSums())),
        )

    def _all(self) -> WeightSums:
        shown = sum(one.weight for one in self.plain.values())
        responses = sum(one.response for one in self.plain.values())
        return WeightSums(weight=shown, squared=shown, response=responses, response_squared=responses)
