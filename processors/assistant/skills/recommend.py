"""Recommended acts: by genres, moods and liked acts, then by popularity."""

from __future__ import annotations

from processors.assistant.answer import Answer, Skill, sentences
from processors.assistant.festival import Festival, Slot
from processors.assistant.lexicon import is_beyond_tables
from processors.assistant.question import Question
from processors.assistant.slot_text import act_of, in_time, list_items
from schemas.ids import ActId
from schemas.programme import Act

RECOMMENDED = 3
"""Sets that are proposed."""

GENRE_WEIGHT, MOOD_WEIGHT, SIMILAR_WEIGHT, POPULARITY_WEIGHT = 2.0, 1.5, 3.0, 1.0
"""Weights of what a set is chosen by: one similar act outweighs one genre, and genre outweighs popularity."""


def score(question: Question, festival: Festival) -> float:  # noqa: PLR0911 - one rule a line
    """Return how well a wish for a recommendation fits."""
    del festival
    if is_beyond_tables(question.words) and not question.acts:
        return 0.0
    if question.has("genre") and question.acts and not question.has("recommend"):
        return 0.0
    if question.has("recommend") and not set(question.kinds) & {"food", "camping", "parking", "bar"}:
        return 0.95
    if question.has("similar") and question.acts and not question.has("delay", "cancelled"):
        return 0.93
    if question.genres and question.has("similar") and not question.kinds:
        return 0.87
    if (
        question.moods
        and (
            question.has("play", "who", "exist")
            or question.moments.days
            or question.moments.tonight
            or question.has("now")
        )
        and not question.acts
        and not question.kinds
    ):
        return 0.7
    if question.has("similar") and question.genres and question.has("play", "who", "exist"):
        return 0.86
    return 0.9 if question.follow_up and question.skill == "recommend" else 0.0


def answer(question: Question, festival: Festival) -> Answer | None:
    """Propose sets that are still to come and fit best."""
    phrases, language = festival.phrases, question.language
    liked = [festival.tables.acts[act] for act in (*question.act_ids, *question.liked) if act in festival.tables.acts]
    slots = [slot for slot in festival.slots(question.now) if slot.set.is_performance]
    if question.places:
        slots = [slot for slot in slots if slot.set.stage in question.places]
    timed = bool(question.moments.days or question.moments.moment or question.moments.tonight)
    coming = [slot for slot in slots if slot.end > question.now or (timed and question.moments.days)]
    if question.has("now") and not timed:
        coming = [slot for slot in coming if slot.begin <= question.now < slot.end]
    elif timed:
        coming = in_time(coming, question, festival)
    excluded = {act.id for act in liked} | set(question.disliked)
    ranked: dict[ActId, tuple[float, Slot]] = {}
    for slot in coming:
        act = act_of(slot, festival)
        if act is None or act.id in excluded:
            continue
        fit = _fit(act, liked, question)
        if (liked or question.genres or question.moods) and fit <= 0:
            continue
        ranked.setdefault(act.id, (fit + POPULARITY_WEIGHT * act.popularity, slot))
    best = [slot for _, slot in sorted(ranked.values(), key=lambda pair: (-pair[0], pair[1].begin))[:RECOMMENDED]]
    if not best:
        return Answer(phrases.text(language, "recommend_none"))
    parts = [phrases.text(language, "recommend", sets=list_items(best, question, festival, days=True))]
    if question.genres:
        parts.append(phrases.text(language, "recommend_why_genre", genre=phrases.join(language, question.genres)))
    if liked:
        parts.append(
            phrases.text(language, "recommend_why_similar", act=phrases.join(language, [act.name for act in liked]))
        )
    return Answer(sentences(parts), tuple(str(slot.set.act) for slot in best), slot=best[0])


def _fit(act: Act, liked: list[Act], question: Question) -> float:
    """Return how well an act fits what was said, 0 if it shares nothing with it."""
    fit = GENRE_WEIGHT * len(set(act.genres) & set(question.genres)) + MOOD_WEIGHT * len(
        set(act.moods) & set(question.moods)
    )
    for other in liked:
        fit += SIMILAR_WEIGHT * ((act.id in other.similar) + (other.id in act.similar))
        fit += 0.5 * GENRE_WEIGHT * len(set(act.genres) & set(other.genres))
        fit += 0.25 * MOOD_WEIGHT * len(set(act.moods) & set(other.moods))
    return fit


SKILL = Skill("recommend", ("¿Qué me recomiendas si me gusta Ada?", "What should I see tonight?"), score, answer)
