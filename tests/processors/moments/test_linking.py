"""Links between posts and sets: the figures on posts that no choice was made on, and single cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processors.accents import comparable_name
from processors.moments.evaluation import PostsFileError, evaluate, read_programme
from processors.moments.linking import PostLinker
from processors.moments.meaning import PerformanceMeaning
from processors.support.encoder import Encoder
from schemas.programme import ProgrammeSet
from stream.runtime.settings import ROOT

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
NORTHLIGHT = ROOT / "training" / "moments" / "northlight"


def make_set(name: str, stage: str = "main", minutes: int = 0) -> ProgrammeSet:
    begin = AT + timedelta(minutes=minutes)
    key = comparable_name(name).replace(" ", "-")
    return ProgrammeSet(
        id=key, day=AT.date(), begin=begin, end=begin + timedelta(hours=1), stage=stage, act=key, name=name
    )


SETS = (make_set("Los Faroles de Cartón"), make_set("Bosque Voltaico", "forest"))
LINKER = PostLinker({"main": ("Escenario principal",), "forest": ("Bosque",)})


def link(text: str, minute: float = 20, place: str = "", meaning: float = 0.1) -> str | None:
    found = LINKER.link(text, AT + timedelta(minutes=minute), place, meaning, SETS)
    return None if found is None else found.set.id


@pytest.fixture(scope="module")
def meaning() -> PerformanceMeaning:
    encoder = Encoder.load()
    return PerformanceMeaning(lambda texts: encoder.encode(texts).vectors)


def test_links_on_posts_apart_reach_their_figures(meaning: PerformanceMeaning) -> None:
    report = evaluate(NORTHLIGHT / "posts.csv", NORTHLIGHT / "programme.csv", meaning)
    assert (report["posts"], report["about_a_set"]) == (150, 99)
    assert report["right"] >= 0.80
    assert report["wrong"] <= 0.05
    assert report["right_low"] <= report["right"] <= report["right_high"]
    assert report["missed"] == pytest.approx(1 - report["right"])


def test_name_is_found_as_written_tagged_and_misspelt() -> None:
    assert link("¡Los Faroles de Cartón suenan de maravilla!") == "los-faroles-de-carton"
    assert link("qué directo #LosFarolesDeCarton") == "los-faroles-de-carton"
    assert link("Los Faroles de Cartom, qué concierto", place="main", meaning=0.4) == "los-faroles-de-carton"


def test_post_without_name_is_linked_by_its_place() -> None:
    assert link("Qué solo de guitarra, suena increíble", place="forest", meaning=0.4) == "bosque-voltaico"
    assert link("Qué solo de guitarra, suena increíble", meaning=0.4) is None


def test_other_matters_and_other_times_are_not_linked() -> None:
    assert link("La cola de los baños es eterna", place="forest", meaning=-0.4) is None
    assert link("El disco de Bosque Voltaico en Spotify, el año pasado", meaning=-0.3) is None
    assert link("¡Bosque Voltaico suena increíble!", minute=600) is None


def test_programme_with_a_wrong_time_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "programme.csv"
    file.write_text("set,begin,end,stage,name\na,2026-07-04T20:00:00,2026-07-04T21:00:00+02:00,main,A\n")
    with pytest.raises(PostsFileError, match="line 2: begin lacks its offset"):
        read_programme(file)


def test_festival_of_the_shared_folder_is_linked_by_name() -> None:
    import csv

    path = ROOT.parent / "shared" / "festival" / "programme.csv"
    if not path.exists():
        pytest.skip("needs ../shared/festival")
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["status"] == "scheduled" and row["kind"] != "signing"]
    sets = tuple(
        ProgrammeSet(
            id=f"s{number}", day=datetime.fromisoformat(row["day"]).date(), begin=datetime.fromisoformat(row["start"]),
            end=datetime.fromisoformat(row["end"]), stage=row["stage"], act=row["act_id"], name=row["act"],
        )
        for number, row in enumerate(rows)
    )  # fmt: skip
    linker = PostLinker({one.stage: () for one in sets})
    right = sum(
        (found := linker.link(f"Qué concierto de {one.name}", one.begin + timedelta(minutes=20), "", 0.3, sets))
        is not None and found.set.id == one.id
        for one in sets
    )  # fmt: skip
    assert right >= 0.9 * len(sets)
