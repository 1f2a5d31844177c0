"""A question, analyzed: who, where, when and what it asks about, completed from the turns before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from processors.assistant.act_names import ActMention
from processors.assistant.festival import Festival, Language, Slot
from processors.assistant.lexicon import lexicon
from processors.assistant.moments import Moments, read_moments
from processors.assistant.text import normalise
from schemas.ids import ActId, PlaceId
from schemas.venue_map import Mobility

_CONNECTIVE = re.compile(
    r"^(?:(?:ok|vale|gracias|thanks|thank you|genial|perfecto|great|cool|ah|oh|and|pues|bueno|entonces"
    r"|so)\s+)*(?:y|and|o|or|pero|but|e|tambien|also)\s+|^(?:what about|how about|que tal|que hay de|same for"
    r"|lo mismo|y si|what if|and if)\b"
)
REFERENCE = re.compile(
    r"\b(?:it|they|them|there|that one|this one|that|those|these|she|he|her|him|its|their|ese|esa|eso|esos"
    r"|esas|alli|alla|ahi|ella|ellos|ellas|este|esta|aquel|su|lo|la|le|les|los|the same|el mismo|la misma|uno"
    r"|one|otro|otra|another|ambos|both)\b"
)
MAX_FOLLOW_UP_WORDS = 7
"""Words of a question that may continue the one before without saying so."""


@dataclass(frozen=True, slots=True)
class Question:
    """An analyzed question.

    Attributes:
        text: as it was asked.
        words: normalised, with misspelt words corrected.
        signals: meanings of `lexicon.yaml`.
        acts: acts that it names; one mention may fit several.
        places: places that it names, in order.
        kinds: kinds of place that it names without naming one.
        here: place of the person who asks, if it is known.
        liked: acts that the person said to like, in this conversation.
        inherited: names of what was taken from the turns before.
    """

    text: str
    words: str
    language: Language
    now: datetime
    here: PlaceId | None
    signals: frozenset[str]
    acts: tuple[ActMention, ...] = ()
    places: tuple[PlaceId, ...] = ()
    kinds: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    moments: Moments = field(default_factory=Moments)
    mobility: Mobility = "none"
    liked: tuple[ActId, ...] = ()
    disliked: tuple[ActId, ...] = ()
    skill: str = ""
    follow_up: bool = False
    before: str = ""
    last_slot: Slot | None = None
    last_place: PlaceId | None = None

    def has(self, *signals: str) -> bool:
        """Return True if the question has one of the signals."""
        return any(signal in self.signals for signal in signals)

    @property
    def act_ids(self) -> tuple[ActId, ...]:
        """Return the acts of all mentions."""
        return tuple(dict.fromkeys(act for mention in self.acts for act in mention.acts))

    def day(self, festival: Festival) -> date:
        """Return the day that is asked about; the present festival day by default."""
        return self.moments.days[0] if self.moments.days else festival.day_of(self.now)


@dataclass(frozen=True, slots=True)
class Context:
    """Memory of a conversation: the question before, and what was said about the person."""

    before: Question | None = None
    mobility: Mobility = "none"
    liked: tuple[ActId, ...] = ()
    disliked: tuple[ActId, ...] = ()
    genres: tuple[str, ...] = ()
    here: PlaceId | None = None
    greeted: bool = False
    last_place: PlaceId | None = None
    last_slot: Slot | None = None


def analyze(
    text: str, festival: Festival, *, now: datetime, language: Language, here: PlaceId | None, context: Context
) -> Question:
    """Return the analysis of a question, completed from the conversation."""
    words_as_typed = normalise(text)
    mentions = festival.act_names.find(words_as_typed)
    words = festival.corrector.correct(words_as_typed)
    lex = lexicon()
    taken = _letter_spans(words, mentions)
    without_acts = _blank(words, taken)
    moments = read_moments(without_acts, now.astimezone(festival.zone), festival.days, festival.zone, lex)
    places, kinds = festival.place_names.find(words, taken)
    genres = _genres(without_acts, festival)
    question = Question(
        text=text,
        words=without_acts,
        language=language,
        now=now.astimezone(festival.zone),
        here=here or context.here,
        signals=lex.names("signals", without_acts),
        acts=tuple(mentions),
        places=tuple(dict.fromkeys(mention.place for mention in places)),
        kinds=tuple(kind for kind in kinds if kind != "stage" or _WHICH_STAGE.search(words) is None),
        genres=genres,
        moods=tuple(sorted(lex.names("moods", without_acts))),
        moments=moments,
        mobility=_mobility(without_acts) or context.mobility,
        liked=context.liked,
        disliked=context.disliked,
        last_slot=context.last_slot,
        last_place=context.last_place,
    )
    standing = next((one for one in places if _person_stands_at(words, one.begin)), None)
    if standing is not None:
        others = tuple(place for place in question.places if place != standing.place)
        question = replace(question, here=standing.place, places=others)
    return _completed(question, context, festival)


_WHICH_STAGE = re.compile(r"\b(?:que|cual|which|what) (?:escenario|stage|carpa|tent)\b")

_STANDING = re.compile(
    r"\b(?:estoy|estamos|ando|i am|i m|we are|we re|me encuentro|nos encontramos|standing|acabo de salir"
    r"|acabo de entrar|acabamos de entrar|just came|just entered|just arrived|acabo de llegar|salgo|saliendo)"
    r"(?:\s+(?:ahora|now|just|justo|por|through|from|del|de|into|to|a|currently|here|aqui|en|at|in|by|near"
    r"|next|to|junto|al|a|la|el|lado|de|del|the|cerca|outside|inside|dentro|fuera|con|with|standing|stuck"
    r"|sitting|delante|in front of|front|of|detras)){1,6}\s*$"
)


def _person_stands_at(words: str, begin: int) -> bool:
    """Return True if the words before a place say that the person is there."""
    return _STANDING.search(words[:begin]) is not None


def _letter_spans(words: str, mentions: list[ActMention]) -> list[tuple[int, int]]:
    spans = [match.span() for match in re.finditer(r"\w+", words)]
    return [(spans[one.begin][0], spans[min(one.end, len(spans)) - 1][1]) for one in mentions if one.begin < len(spans)]


def _blank(words: str, spans: list[tuple[int, int]]) -> str:
    for begin, end in spans:
        words = words[:begin] + "_" * (end - begin) + words[end:]
    return words


def _genres(words: str, festival: Festival) -> tuple[str, ...]:
    found = [genre for genre, pattern in festival.genres if pattern.search(words)]
    known = {genre for genre, _ in festival.genres}
    found += [name for name in sorted(lexicon().names("genres", words)) if name in known and name not in found]
    return tuple(genre for genre in found if not any(genre != other and genre in other for other in found))


def _mobility(words: str) -> Mobility | None:
    names = lexicon().names("mobility", words)
    needs: tuple[Mobility, ...] = ("wheelchair", "pushchair", "slow")
    for mobility in needs:
        if mobility in names:
            return mobility
    return None


INTENT_SIGNALS = frozenset(
    [
        "when",
        "where",
        "end",
        "duration",
        "play",
        "who",
        "begin",
        "cancelled",
        "changed",
        "previously",
        "delay",
        "clash",
        "language",
        "sign_language",
        "audio_description",
        "genre",
        "similar",
        "recommend",
        "signing",
        "nearest",
        "route",
        "walk_time",
        "open",
        "close",
        "queue",
        "shortest",
        "longest",
        "full",
        "weather",
        "news",
        "price",
        "permission",
        "exist",
    ]
)


def _completed(question: Question, context: Context, festival: Festival) -> Question:  # noqa: PLR0912 - one rule a branch
    """Take over from the question before what this one leaves out."""
    before = context.before
    if before is None:
        return question
    words = question.words.split()
    connective = _CONNECTIVE.search(question.words) is not None
    pronoun = REFERENCE.search(question.words) is not None
    entities = bool(question.acts or question.places or question.kinds or question.genres)
    intents = question.signals & INTENT_SIGNALS
    short = len(words) <= MAX_FOLLOW_UP_WORDS
    if not (connective or short or (pronoun and not entities)):
        return question
    if not connective and entities and intents - {"exist", "play"}:
        return question  # complete in itself
    if (
        not connective
        and not entities
        and not pronoun
        and len(words) > 4
        and not (question.moments.days or question.moments.moment)
        and intents & {"price", "permission", "weather", "news"}
    ):
        return question
    result = replace(question, follow_up=True, before=before.words)
    has_time = bool(question.moments.days or question.moments.moment)
    moved = lexicon().names("mobility", question.words)
    # A new time, need or thing without a new intent repeats the question before.
    if not intents - {"exist"} or (intents <= {"play", "who", "exist"} and not entities):
        result = replace(
            result,
            signals=question.signals
            | (before.signals - ({"now", "next", "last", "first", "nearest"} if has_time else set())),
            skill=before.skill,
        )
    elif intents & {"permission", "price", "weather", "news"} and not pronoun:
        return result
    if not entities:
        keep_acts = before.acts
        result = replace(
            result, acts=keep_acts, places=before.places, kinds=before.kinds, genres=before.genres, moods=before.moods
        )
        if (
            not (before.acts or before.places)
            and intents
            & {
                "when",
                "where",
                "end",
                "route",
                "walk_time",
                "open",
                "close",
                "queue",
                "full",
                "duration",
                "language",
                "sign_language",
                "genre",
            }
            and not moved
        ):
            result = _with_last(result, context, intents)
    elif question.places and not question.kinds and before.places:
        result = replace(result, places=_same_kind(question.places, before.places, festival))
    elif question.places and not question.kinds and before.kinds and not question.acts:
        result = replace(result, kinds=before.kinds)
    elif question.places and before.genres and not question.genres:
        result = replace(result, genres=before.genres)
    elif question.genres and before.places and not question.places:
        result = replace(result, places=before.places)
    if not has_time and not question.acts:
        result = replace(result, moments=before.moments)
    elif question.moments.moment is not None and not question.moments.days and before.moments.days:
        result = replace(result, moments=_on_day(question.moments, before.moments.days, festival))
    elif question.moments.moment is None and before.moments.tonight and not question.moments.tonight:
        result = replace(result, moments=replace(question.moments, tonight=False))
    return result


def _on_day(moments: Moments, days: tuple[date, ...], festival: Festival) -> Moments:
    """Return a time of day on the day that was spoken of before."""
    if moments.moment is None:
        return moments
    moved = moments.moment + (days[0] - festival.day_of(moments.moment))
    return replace(moments, days=days, moment=moved)


def _same_kind(places: tuple[PlaceId, ...], before: tuple[PlaceId, ...], festival: Festival) -> tuple[PlaceId, ...]:
    """Return the bar at Faro for "and at Faro?" after a question about another bar."""
    kind = festival.place(before[-1]).kind
    if kind == "stage":
        return places
    return tuple(festival.place_names.beside(place, kind) or place for place in places)


def _with_last(question: Question, context: Context, intents: frozenset[str]) -> Question:
    """Refer to the set or place of the last answer."""
    if context.last_slot is not None and not intents & {"open", "close", "queue", "full"}:
        mention = ActMention((context.last_slot.set.act,), 0, 0, 100.0)
        return replace(question, acts=(mention,), kinds=())
    if context.last_place is not None:
        return replace(question, places=(context.last_place,), kinds=())
    return question
