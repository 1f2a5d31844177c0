"""Plans for friends who go together: their wishes as one problem.

- Breaks of all are kept, equal ones once. The group is as slow as its slowest, uses only paths that each of them can
  use, and walks no farther than the least limit.
- A must-see counts once for each friend who has it, and goes before a dislike of another. An act that is a must-see of
  nobody and disliked by somebody is not planned.
- Utility of the group = sum over the friends of the values of the acts seen, less n times the largest shortfall, for n
  friends. A shortfall is how far a friend is below the floor: half of the most that any plan of the group that keeps as
  many breaks would give them. So a plain like of the friend who is farthest below is worth more than an act that all
  like. A must-see without a value has that of a plain like.
- Each friend pays the price of a crowded set.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from processors.festival.routing import SPEEDS
from processors.itinerary.planner import Planner, SearchLimitError, Solution
from processors.itinerary.problem import MUST_SEE_SCORE, PlannedSet, Problem
from processors.itinerary.walks import DayWalks
from schemas.ids import ActId, SetId
from schemas.itinerary import BreakWish, ItineraryWishes, MemberShare, PersonalWishes
from schemas.venue_map import Mobility

FLOOR_SHARE = 0.5
"""Share of the most that a friend could have, below which a plan loses for them."""

MAX_BREAKS = 6
"""Breaks of a group; with each, there are twice as many ways to look at."""

MAX_LABELS = 4000
"""Labels after which a search with floors is ended: some 0.3 s on a busy core."""

RESTRICTIONS: Sequence[Mobility] = ("none", "slow", "pushchair", "wheelchair")
"""Mobilities; each may use only paths that those before it may use."""

_ROUNDING = 1e-9

_ROUNDED_SCORE = 1e-5
"""Less than any difference of scores that counts, and more than sums of large scores are rounded by."""


def joint_breaks(wishes: ItineraryWishes) -> tuple[BreakWish, ...]:
    """Return the breaks of an attendee and of their friends, equal ones once."""
    theirs = dict.fromkeys(one for friend in wishes.friends for one in friend.breaks)
    return (*wishes.breaks, *(one for one in theirs if one not in wishes.breaks))


@dataclass(frozen=True, slots=True)
class Group:
    """Friends who go together.

    Attributes:
        joint: wishes of all as if they were one attendee's, with the sums of their values.
        pace: mobility of the slowest.
        values: for each friend, the value of the acts that they like or must see.
        must_see: for each friend, the must-see acts.
    """

    joint: ItineraryWishes
    pace: Mobility
    values: tuple[Mapping[ActId, float], ...]
    must_see: tuple[frozenset[ActId], ...]

    @classmethod
    def of(cls, wishes: ItineraryWishes) -> Group:
        """Return the group of an attendee and their friends; the attendee comes first."""
        members: Sequence[PersonalWishes] = (wishes, *wishes.friends)
        must_see = tuple(dict.fromkeys(act for one in members for act in one.must_see))
        dislikes = {act for one in members for act in one.dislikes}.difference(must_see)
        values = tuple(_values(one, dislikes) for one in members)
        limits = [one.max_walk_m for one in members if one.max_walk_m is not None]
        joint = msgspec.structs.replace(
            wishes,
            must_see=must_see,
            utilities={
                act: sum(one.get(act, 0.0) for one in values) for act in sorted({act for one in values for act in one})
            },
            dislikes=tuple(sorted(dislikes)),
            mobility=max((one.mobility for one in members), key=RESTRICTIONS.index),
            max_walk_m=min(limits, default=None),
            breaks=joint_breaks(wishes),
            friends=(),
        )
        pace = min((one.mobility for one in members), key=SPEEDS.__getitem__)
        return cls(joint, pace, values, tuple(frozenset(one.must_see) for one in members))

    def best_alone(self, problem: Problem, walks: DayWalks) -> list[float]:
        """Return for each friend the most that a plan that keeps as many breaks would give them; 0 without a way."""
        return [self._best_alone(problem, walks, values) for values in self.values]

    @staticmethod
    def _best_alone(problem: Problem, walks: DayWalks, values: Mapping[ActId, float]) -> float:
        sets = [replace(one, score=values[one.act]) for one in problem.sets if one.act in values]
        solution = Planner(replace(problem, sets=sets), walks).solve()
        if solution is None:
            return 0.0
        return sum(label.done.score for label in solution.path() if isinstance(label.done, PlannedSet))

    def solve(
        self, problem: Problem, walks: DayWalks, alone: Sequence[float], prices: Mapping[SetId, float]
    ) -> tuple[Solution | None, bool]:
        """Return the best way for all together, and True if it is known to be the best.

        The floors of friends who have enough anyway needn't be looked at, and each makes the search slower. So it
        begins without floors, and takes in those of the friends who fall short most. A way that is the best for some
        floors, and falls no shorter of any other, is the best for all. A search that takes too long is ended; then the
        best way for the floors before counts.

        Args:
            problem: that of the joint wishes, without prices.
            alone: the most that each friend could have.
            prices: price of a set for each person.
        """
        floors = [FLOOR_SHARE * most for most in alone]
        watched: list[int] = []
        solution = Planner(self._problem(problem, watched, floors, prices), walks).solve()
        while solution is not None:
            seen = [label.done.act for label in solution.path() if isinstance(label.done, PlannedSet)]
            short = [
                floor - sum(values.get(act, 0.0) for act in seen)
                for floor, values in zip(floors, self.values, strict=True)
            ]
            worst = max(range(len(short)), key=short.__getitem__)
            if short[worst] <= max([0.0, *(short[one] for one in watched)]) + _ROUNDING:
                break
            watched.append(worst)
            planner = Planner(
                self._problem(problem, watched, floors, prices),
                walks,
                max_labels=MAX_LABELS,
                at_least=solution.label.score - len(short) * short[worst] - _ROUNDED_SCORE,
            )
            try:
                solution = planner.solve()
            except SearchLimitError:
                return solution, False
        return solution, True

    def _problem(
        self, problem: Problem, watched: Sequence[int], floors: Sequence[float], prices: Mapping[SetId, float]
    ) -> Problem:
        sets = []
        for one in problem.sets:
            values = [values.get(one.act, 0.0) for values in self.values]
            musts = sum(one.act in acts for acts in self.must_see)
            score = MUST_SEE_SCORE * musts + sum(values) - len(values) * prices.get(one.id, 0.0)
            sets.append(replace(one, score=score, values=tuple(values[member] for member in watched)))
        return replace(problem, sets=sets, floors=tuple(floors[member] for member in watched), persons=len(self.values))

    def shares(self, seen: Collection[ActId], alone: Sequence[float]) -> tuple[MemberShare, ...]:
        """Return what each friend has of the acts that are seen."""
        return tuple(
            MemberShare(
                utility=sum(values.get(act, 0.0) for act in sorted(seen)),
                alone=most,
                must_sees=len(acts.intersection(seen)),
            )
            for values, acts, most in zip(self.values, self.must_see, alone, strict=True)
        )


def _values(one: PersonalWishes, dislikes: Collection[ActId]) -> Mapping[ActId, float]:
    values = dict.fromkeys(one.must_see, 1.0) | dict(one.utilities)
    return {act: value for act, value in values.items() if value > 0 and act not in dislikes}
