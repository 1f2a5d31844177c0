from __future__ import annotations

from pathlib import Path

import pytest

from processors.festival.tables import FestivalTableError, read_festival

TABLES = {
    "acts.csv": "act_id,name,genres,tags,language,popularity,accessible_show\n"
    "b1,Los Faroles,rock|indie,mood:happy|similar:b2,es,0.5,sign_language\nb2,Rua,,,pt,,\n",
    "programme.csv": "day,start,end,stage,act,act_id,kind,status,previous_stage,previous_start\n"
    "2030-06-01,2030-06-02T00:30:00+02:00,2030-06-02T01:30:00+02:00,north,Los Faroles,b1,concert,moved,south,"
    "2030-06-01T22:00:00+02:00\n"
    "2030-06-01,2030-06-01T20:00:00+02:00,2030-06-01T21:00:00+02:00,north,Los Faroles,b1,signing,scheduled,,\n",
    "places.csv": "id,name_es,name_en,kind,x_m,y_m,step_free,opens,closes\n"
    "north,Norte,North,stage,0,10,yes,14:00,04:00\nsouth,Sur,South,stage,0,0,no,00:00,24:00\n",
    "paths.csv": "from,to,metres,kind,step_free,width_m,slope_percent,one_way,open_from,open_until\n"
    "north,south,10,steps,no,2,20,yes,,\n",
}


def write(folder: Path, **changed: str) -> Path:
    for name, text in TABLES.items():
        (folder / name).write_text(changed.get(name.removesuffix(".csv"), text), encoding="utf-8")
    return folder


def test_tables_are_read(tmp_path: Path) -> None:
    tables = read_festival(write(tmp_path))
    act = tables.acts["b1"]  # type: ignore[index]
    assert (act.genres, act.moods, act.similar) == (("rock", "indie"), ("happy",), ("b2",))
    assert [one.id for one in tables.sets] == ["b1-2030-06-01", "b1-2030-06-01-2"]
    assert [one.is_performance for one in tables.sets] == [True, False]
    assert tables.paths[0].one_way
    assert tables.answers == ()


@pytest.mark.parametrize(
    ("table", "text", "message"),
    [
        ("acts", "act_id,name\nb1,Los Faroles\n", "the column tags is missing"),
        ("acts", TABLES["acts.csv"].replace("0.5", "5"), "line 2: '5' is not between 0 and 1"),
        ("programme", TABLES["programme.csv"].replace("+02:00", ""), "has no offset"),
        ("programme", TABLES["programme.csv"].replace("moved", "late"), "line 2: status 'late'"),
        ("programme", TABLES["programme.csv"].replace(",b1,", ",b9,"), "the act 'b9' is not in acts.csv"),
        ("paths", TABLES["paths.csv"].replace("north,", "west,"), "the place 'west' is not in places.csv"),
        ("paths", TABLES["paths.csv"].replace("north,south,10", "north,south"), "expected 10 cells"),
        (
            "paths",
            TABLES["paths.csv"].replace(",10,", ",inf,"),
            "paths.csv, line 2: metres 'inf' is not a valid number",
        ),
        ("acts", TABLES["acts.csv"].replace("tags", "name"), "line 1: the column 'name' stands there twice"),
        ("acts", TABLES["acts.csv"].replace("Faroles,", "Faroles,x,"), "acts.csv, line 2: expected 7 cells"),
        ("places", TABLES["places.csv"].replace("yes", "maybe"), "'maybe' is not yes or no"),
    ],
)
def test_invalid_table_is_refused_with_its_place(tmp_path: Path, table: str, text: str, message: str) -> None:
    folder = write(tmp_path, **{table: text})
    with pytest.raises(FestivalTableError) as refused:
        read_festival(folder)
    assert message in str(refused.value)


def test_folder_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FestivalTableError, match=r"no programme\.csv"):
        read_festival(tmp_path)


def test_tables_are_read_as_spreadsheets_save_them(tmp_path: Path) -> None:
    folder = write(tmp_path)
    paths = TABLES["paths.csv"].replace(",10,", ",10#5,").replace(",", ";").replace("#", ",").replace("\n", ";\r\n")
    (folder / "paths.csv").write_bytes(b"\xef\xbb\xbf" + paths.encode())
    acts = TABLES["acts.csv"].replace("Rua", "Mañana") + "\n"
    (folder / "acts.csv").write_bytes(acts.encode("cp1252"))
    tables = read_festival(folder)
    assert tables.paths[0].metres == 10.5
    assert tables.acts["b2"].name == "Mañana"  # type: ignore[index]
