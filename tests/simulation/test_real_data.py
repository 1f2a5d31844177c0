"""Data folders of the demo: tables are read like everywhere else, and a mistake is named with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.real_data import RealData, RealDataError

ORDERS = "ordered_at,order_id,product,quantity,unit_price\n"


def folder_with(tmp_path: Path, name: str, content: bytes) -> Path:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + (ORDERS + "2026-07-04 20:00:00,1,Caña,1,2.5\n").encode(),
        (ORDERS + "2026-07-04 20:00:00,1,Caña,1,2.5\n").encode("cp1252"),
        (ORDERS.replace(",", ";") + "2026-07-04 20:00:00;1;Caña;1;2,5\n").encode(),
        (ORDERS + "2026-07-04 20:00:00,1,Caña,1,2.5\n").encode("utf-16"),
    ],
    ids=["mark", "Windows-1252", "semicolons", "UTF-16"],
)
def test_orders_are_read_as_everywhere(tmp_path: Path, content: bytes) -> None:
    (order,) = RealData.read(folder_with(tmp_path, "demand/orders.csv", content)).orders
    assert (order.id, order.lines) == ("1", (("Caña", 1.0, 2.5),))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("demand/orders.csv", ORDERS + "2026-07-04 20:00:00,1,Beer\n", "orders.csv, line 2: quantity is missing"),
        ("demand/orders.csv", ORDERS + "2026-07-04 20:00:00,1,Beer,inf,2\n", "orders.csv, line 2: quantity 'inf'"),
        ("demand/orders.csv", ORDERS + "2026-07-04 20:00:00,1,Beer,-inf,2\n", "orders.csv, line 2: quantity '-inf'"),
        ("demand/orders.csv", ORDERS + "yesterday,1,Beer,1,2\n", "orders.csv, line 2: ordered_at 'yesterday'"),
        ("audio/mood.csv", "clip,mood\na.ogg\n", "mood.csv, line 2: clip or mood is empty"),
        ("audio/genre.csv", "clip,mood\na.ogg,sad\n", "genre is missing"),
    ],
)
def test_mistake_is_named_with_file_and_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(RealDataError) as raised:
        RealData.read(folder_with(tmp_path, name, text.encode()))
    assert message in str(raised.value)
    assert "None" not in str(raised.value)
