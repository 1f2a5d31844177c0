"""Links between posts and sets of the programme: logistic regression on name, time, stage and meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from processors.accents import without_accents
from processors.moments.link_weights import BIAS, MIN_CHANCE, WEIGHTS
from processors.moments.mentions import ComparableText, Mention
from schemas.ids import PlaceId
from schemas.programme import ProgrammeSet

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=150)
"""Times before a set's begin and after its end within which posts can be about it."""

STARTED, ENDED = timedelta(minutes=5), timedelta(minutes=12)
"""Margins around a set within which it counts as being played: sets begin early, and posts come as people walk away."""

MAX_CACHED_NAMES = 5_000

_ELSEWHERE = re.compile(
    r"\b(el ano que viene|ano pasado|el ano pasado|manana|ayer|proxim[oa]s?|hace (?:un|dos|tres|\d+) anos?"
    r"|en casa|spotify|disco|vinilo|entrevista|podcast|gira|radio|documental|entradas?|camisetas?|merch"
    r"|next (?:year|week|month)"
    r"|last (?:year|week|night|month|summer)|tomorrow|yesterday|years? ago|at home|album|vinyl|interview|tour|tickets?"
    r"|t-?shirts?|playlist|19\d\d|20[0-3]\d)\b"
)
_PERFORMING = re.compile(
    r"\b(toc(?:a|an|o|ando|ado|aron)|suena[ns]?|sonando|cant(?:a|an|o|ando|ante)|concierto|conciertazo|show"
    r"|directo|en vivo|recital|toquin|tem(?:a|on|azo)s?|rola|cancion|banda|grupo|escenario|publico|pogo"
    r"|core(?:a|ando)|bailando|bis"
    r"|guitarra|guitarrista|bajo|bajista|bateria|baterista|empez(?:o|ando)|empieza|arranc(?:o|a|aron|ando)|abriendo"
    r"|cerr(?:o|aron|ando)|termin(?:o|a|aron)|acab(?:o|a|aron)|set|stage|gig|live|play(?:s|ed|ing)?|songs?"
    r"|singer|sing(?:s|ing)?"
    r"|crowd|encore|tune|bass|drummers?|guitar|opening|closing|finish(?:es|ing|ed)?|singles?|sounds?|band"
    r"|loud|dance|dancing)\b"
)
_RESHARED = re.compile(r"^\s*RT\b")


@dataclass(frozen=True, slots=True)
class LinkedSet:
    """A set that a post is about, and the probability of it."""

    set: ProgrammeSet
    chance: float


class PostLinker:
    """Links posts to the sets of a programme.

    Attributes:
        stages: names of each stage, beside its id.
    """

    def __init__(self, stages: Mapping[PlaceId, Sequence[str]]) -> None:
        self._stages = {stage: tuple(dict.fromkeys((*names, _spoken(stage)))) for stage, names in stages.items()}

    def link(
        self, text: str, time: datetime, place: str, meaning: float, sets: Iterable[ProgrammeSet]
    ) -> LinkedSet | None:
        """Return the set that a post is about, or None.

        Args:
            text: as it was written.
            time: of the post.
            place: stage or zone where it was posted; empty where that is not known.
            meaning: as of `PerformanceMeaning.scores`.
            sets: of the programme, as they are now.
        """
        rated = [(chance_of(features), one) for one, features in self.candidates(text, time, place, meaning, sets)]
        if not rated:
            return None
        chance, best = max(rated, key=lambda pair: (pair[0], pair[1].id))
        return LinkedSet(best, chance) if chance >= MIN_CHANCE else None

    def candidates(
        self, text: str, time: datetime, place: str, meaning: float, sets: Iterable[ProgrammeSet]
    ) -> list[tuple[ProgrammeSet, dict[str, float]]]:
        """Return the sets that are near in time, with the features of the model."""
        near = [one for one in sets if one.is_performance and one.begin - BEFORE <= time <= one.end + AFTER]
        if not near:
            return []
        words = ComparableText(text)
        mentions = [words.mention(one.name) for one in near]
        strengths = [one.strength for one in mentions]
        live = [_is_live(one, time) for one in near]
        named = {stage: max((_stage_mention(words, name) for name in names), default=0.0)
                 for stage, names in self._stages.items()}  # fmt: skip
        common = _text_features(text, meaning)
        found = []
        for index, one in enumerate(near):
            rival = max((strengths[other] for other in range(len(near)) if near[other].act != one.act), default=0.0)
            others = sum(live) - live[index]
            features = common | _name_features(mentions[index], rival) | _time_features(one, time, live[index])
            here = max(float(place == one.stage), named.get(one.stage, 0.0))
            other = max(float(place in self._stages and place != one.stage),
                        max((seen for stage, seen in named.items() if stage != one.stage), default=0.0))  # fmt: skip
            features["stage"], features["other_stage"] = here, 0.0 if here else other
            performing = features["performing"]
            features["tied"] = float(features["strength"] >= 0.3 and rival >= features["strength"])
            features["lowercase_performing"] = features["lowercase"] * performing
            features["part_performing"] = features["part"] * performing
            features["lowercase_meaning"] = features["lowercase"] * meaning
            unnamed = features["strength"] < 0.3 and rival < 0.3
            features["unnamed_here"] = float(unnamed and bool(here) and live[index])
            features["unnamed_alone"] = float(unnamed and live[index] and not others)
            features["unnamed_meaning"] = meaning * float(unnamed and live[index] and (bool(here) or not others))
            found.append((one, features))
        return found


def text_with_accounts(excerpt: str, accounts: Iterable[str]) -> str:
    """Return the text of a reading with the accounts of acts that it names."""
    return " ".join([excerpt, *(f"@{account}" for account in accounts)])


def chance_of(features: Mapping[str, float]) -> float:
    """Return the probability of a link by its features."""
    total = BIAS + sum(WEIGHTS.get(name, 0.0) * value for name, value in features.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


def _text_features(text: str, meaning: float) -> dict[str, float]:
    plain = without_accents(text.casefold())
    return {
        "meaning": meaning,
        "elsewhere": float(_ELSEWHERE.search(plain) is not None),
        "question": float("?" in text),
        "performing": float(_PERFORMING.search(plain) is not None),
        "reshared": float(_RESHARED.match(text) is not None),
    }


def _name_features(mention: Mention, rival: float) -> dict[str, float]:
    return {
        "strength": mention.strength,
        "exact": mention.exact,
        "tagged": mention.tagged,
        "fuzzy": mention.fuzzy,
        "part": mention.part,
        "lowercase": mention.lowercase,
        "rival": max(0.0, rival - mention.strength),
    }


def _time_features(one: ProgrammeSet, time: datetime, live: bool) -> dict[str, float]:
    after = max(0.0, (time - one.end - ENDED) / AFTER)
    before = max(0.0, (one.begin - STARTED - time) / BEFORE)
    return {"live": float(live), "after": after, "before": before}


def _is_live(one: ProgrammeSet, time: datetime) -> bool:
    return one.begin - STARTED <= time <= one.end + ENDED


def _stage_mention(words: ComparableText, name: str) -> float:
    mention: Mention = words.mention(name)
    return max(mention.exact * (1.0 - mention.lowercase * float(" " not in name)), mention.tagged)


_STAGE_WORDS: Final = re.compile(r"[-_]+")


def _spoken(stage: str) -> str:
    return _STAGE_WORDS.sub(" ", stage)
