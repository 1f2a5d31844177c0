"""Other festivals by their line-ups, with letters in place of the sentence encoder."""

from __future__ import annotations

from processors.recommendations.act_recommender import Taste
from processors.recommendations.festival_recommender import BEST_ACTS, FestivalRecommender
from schemas.ids import ActId, FestivalId
from schemas.programme import OtherFestival
from tests.processors.recommendations.test_act_recommender import ACTS, letters


def festival(name: str, *acts: str, genres: tuple[str, ...] = ()) -> OtherFestival:
    return OtherFestival(id=FestivalId(name), name=name, acts=acts, genres=genres)


OTHERS = [
    festival("jazz", "Cobre", "Bruma", genres=("jazz",)),
    festival("rock", "Nube", "Salina", genres=("rock",)),
    festival("folk", "Olmo", "FARO", genres=("folk",)),
]


def ranked(taste: Taste, others: list[OtherFestival] = OTHERS) -> list[str]:
    return [one.festival for one in FestivalRecommender(ACTS, others, letters).recommend(taste, 3)]


def test_festival_of_the_liked_kind_comes_first_and_names_its_acts() -> None:
    first, *_ = FestivalRecommender(ACTS, OTHERS, letters).recommend(Taste(genres=["jazz"]), 3)
    assert (first.festival, set(first.acts), first.reason, first.because) == (
        "jazz",
        {"Cobre", "Bruma"},
        "genre",
        "jazz",
    )


def test_liked_act_on_a_line_up_is_the_reason_whatever_its_letters() -> None:
    taste = Taste(liked=[ActId("Faro")])
    first, *_ = FestivalRecommender(ACTS, OTHERS, letters).recommend(taste, 3)
    assert (first.festival, first.acts[0], first.reason, first.because) == ("folk", "Faro", "known", "Faro")
    played = Taste(played={"faro": 9.0}, genres=["folk"])
    assert ranked(played)[0] == "folk"


def test_refused_acts_count_for_nothing() -> None:
    only = [festival("rock", "Nube"), festival("jazz", "Lima")]
    assert ranked(Taste(liked=[ActId("Faro")], disliked=[ActId("Nube")]), only) == ["jazz"]


def test_long_line_up_is_no_better_for_it() -> None:
    more = [festival(f"{length}", *(f"Jazz {number}" for number in range(length)), genres=("jazz",))
            for length in (BEST_ACTS, 60)]  # fmt: skip
    short, long = FestivalRecommender(ACTS, more, letters).recommend(Taste(genres=["jazz"]), 2)
    assert abs(short.score - long.score) < 1e-6


def test_nothing_is_recommended_to_somebody_unknown() -> None:
    assert ranked(Taste()) == []
