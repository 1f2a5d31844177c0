"""Campaigns with their variants and results, and the policy that chooses among the approved variants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from processors.promotion.campaign import CampaignRow
from schemas.promotion import CampaignId, CampaignState, MessageVariant, PromotionAction
from stream.stores.accounts import Role

if TYPE_CHECKING:
    from processors.promotion.choice import Policy

CHANNEL = "promotion"
ROLES: tuple[Role, ...] = ("production",)

REPLAY_RECORDS = 2_000
"""Records that are read at the start: more than there are campaigns, as the topic is compacted."""


class PromotionView:
    """The last state of each campaign."""

    def __init__(self) -> None:
        self._campaigns: dict[CampaignId, CampaignState] = {}
        self._policies: dict[tuple[CampaignId, str], Policy] = {}

    def apply(self, record: Struct, received_at: int) -> set[str]:
        """Apply the state of one campaign."""
        del received_at
        if not isinstance(record, CampaignState):
            return set()
        self._campaigns[record.campaign] = record
        self._policies = {key: one for key, one in self._policies.items() if key[0] != record.campaign}
        return {CHANNEL}

    def state(self, channel: str = CHANNEL) -> dict[str, object]:
        """Return campaigns, those that run first and the latest of them on top."""
        del channel
        latest = sorted(self._campaigns.values(), key=lambda one: one.begun_at, reverse=True)
        return {
            "campaigns": [msgspec.to_builtins(one) for one in sorted(latest, key=lambda one: one.ended_at is not None)]
        }

    def campaign(self, name: CampaignId) -> CampaignState | None:
        """Return a campaign; None where there is none of this name."""
        return self._campaigns.get(name)

    def check(self, action: PromotionAction) -> None:
        """Check that an action fits what is known now.

        Raises:
            PromotionError: it does not.
        """
        known = self._campaigns.get(action.campaign)
        row = CampaignRow()
        if known is not None:
            row = CampaignRow(title=known.title, ended_at=known.ended_at, variants=list(known.variants))
        row.act(action)

    def running(self) -> Iterator[CampaignState]:
        """Yield the campaigns that have something to show, the latest first."""
        for one in sorted(self._campaigns.values(), key=lambda one: one.begun_at, reverse=True):
            if one.ended_at is None and approved(one):
                yield one

    def policy(self, campaign: CampaignState, taste: str) -> Policy:
        """Return the policy of a campaign for people of a taste; computed once for each state of the campaign."""
        from processors.promotion.choice import Policy  # noqa: PLC0415 - River and SciPy take a second to load

        key = (campaign.campaign, taste)
        if key not in self._policies:
            self._policies[key] = Policy.of([one.id for one in approved(campaign)], campaign.counts, taste)
        return self._policies[key]


def approved(campaign: CampaignState) -> list[MessageVariant]:
    """Return the variants that may be shown."""
    return [one for one in campaign.variants if one.status == "approved"]
