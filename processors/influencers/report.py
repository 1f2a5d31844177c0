"""Report on a sample of followers and the last posts of an account."""

from __future__ import annotations

from processors.influencers.accounts import Accounts
from processors.influencers.engagement import PostCounts, measure_engagement
from processors.influencers.fake_followers import FakeFollowerModel
from processors.influencers.share import estimate_share
from processors.influencers.summary import Language, summarise
from schemas.influencers import InfluencerReport


def report_on(
    accounts: Accounts,
    model: FakeFollowerModel,
    language: Language,
    posts: tuple[PostCounts, ...] = (),
    followers: float | None = None,
) -> InfluencerReport:
    """Return the share of fake followers, and the engagement where posts and the number of followers are known."""
    estimate = estimate_share(model.log_odds(accounts.features), shift_error=model.shift_error)
    engagement = measure_engagement(posts, followers) if posts and followers else None
    return InfluencerReport(
        accounts=len(estimate.chances),
        share=round(estimate.share, 4),
        low=round(estimate.low, 4),
        high=round(estimate.high, 4),
        columns_used=accounts.columns,
        model=model.identity,
        text=tuple(summarise(estimate, engagement, language)),
        engagement=None if engagement is None else engagement.report(),
    )
