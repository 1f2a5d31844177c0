"""Other festivals for one attendee, by the acts on their line-ups.

Each act of a line-up is scored as those of this festival are (`act_recommender.py`). A festival is worth the sum of its
best acts, each an exponential of its score, as `lineups.py` measures; acts that the attendee likes or plays count as
much as the best of the others. What is known of an act is what the programme or the taste model says of its name, and
otherwise the genres of the festival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from processors.accents import comparable_name
from processors.recommendations.act_recommender import ActRecommender, Recommendation, Taste
from processors.recommendations.arms import standardized
from processors.recommendations.content import TagVectors
from processors.recommendations.lineups import SHARPNESS
from processors.recommendations.taste_model import TasteModel
from schemas.ids import ActId
from schemas.programme import Act, OtherFestival
from schemas.recommendations import RecommendedFestival

BEST_ACTS = 10
"""Acts of a line-up that count: nobody sees more of them at one festival, and a long line-up is no better for it."""

NAMED_ACTS = 3
"""Acts of a line-up that are named as the reason."""


@dataclass(frozen=True, slots=True)
class _Lineup:
    festival: OtherFestival
    acts: tuple[ActId, ...]


class FestivalRecommender:
    """Ranks other festivals.

    Args:
        acts: acts of this festival.
        festivals: others, with their line-ups.
        tag_vectors: sentence encoder for genres and moods.
        model: artists that many people play; None to go without.
    """

    def __init__(
        self,
        acts: Sequence[Act],
        festivals: Sequence[OtherFestival],
        tag_vectors: TagVectors,
        model: TasteModel | None = None,
    ) -> None:
        known = {comparable_name(act.name): act for act in acts}
        artists = model.columns() if model is not None else {}
        scored = {act.id: act for act in acts}
        heard = {}
        lineups = []
        for festival in festivals:
            ids = []
            for name in festival.acts:
                key = comparable_name(name)
                act = known.get(key)
                if act is None:
                    tags = model.tags[artists[key]] if model is not None and key in artists else {}
                    act = Act(id=ActId(f"line-up/{key}"), name=name, genres=() if tags else festival.genres)
                    known[key] = scored[act.id] = act
                    heard[act.id] = tags
                ids.append(act.id)
            lineups.append(_Lineup(festival, tuple(dict.fromkeys(ids))))
        self._lineups = lineups
        self._names = {act.id: act.name for act in scored.values()}
        self._keys = {act.id: comparable_name(act.name) for act in scored.values()}
        self._acts = ActRecommender(list(scored.values()), tag_vectors, model, heard)

    def recommend(self, taste: Taste, count: int) -> list[RecommendedFestival]:
        """Return the festivals of most worth, the best first; none for somebody of whom nothing is known."""
        if not (taste.liked or taste.genres or taste.played):
            return []
        ranked = self._acts.recommend(taste, len(self._names))
        scores = standardized(np.array([[one.score for one in ranked]], np.float32))[0]
        worth = {one.act: float(np.exp(SHARPNESS * score)) for one, score in zip(ranked, scores, strict=True)}
        reasons = {one.act: one for one in ranked}
        played = {comparable_name(name) for name in taste.played}
        best = max(worth.values(), default=1.0)
        for act, key in self._keys.items():
            if act in taste.liked or (key in played and act not in taste.disliked):
                worth[act] = best
                reasons[act] = Recommendation(act, best, "known", self._names[act])
        found = [self._recommended(one, worth, reasons) for one in self._lineups]
        return sorted((one for one in found if one.acts), key=lambda one: (-one.score, one.festival))[:count]

    def _recommended(
        self, lineup: _Lineup, worth: dict[ActId, float], reasons: dict[ActId, Recommendation]
    ) -> RecommendedFestival:
        acts = sorted((act for act in lineup.acts if act in worth), key=lambda act: (-worth[act], act))
        first = reasons[acts[0]] if acts else None
        return RecommendedFestival(
            festival=lineup.festival.id,
            score=sum(worth[act] for act in acts[:BEST_ACTS]),
            acts=tuple(self._names[act] for act in acts[:NAMED_ACTS]),
            reason="popular" if first is None else first.reason,
            because="" if first is None else first.because,
        )
