"""Tables as people have them: what can be told for sure is read, anything else refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from processors.bars.sales_file import SalesFileError, check_sales, read_sales
from processors.crowd.forecast_evaluation import OccupancyFileError, read_occupancy
from processors.csv_table import CellError, NumberStyle, TableError, parse_number, read_table

ORDERS = "ordered_at,order_id,product,quantity,unit_price\n"


def write(tmp_path: Path, content: str | bytes, name: str = "sales.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


ACCEPTED = {
    "byte order mark": b"\xef\xbb\xbf" + ORDERS.encode() + "2026-07-04 20:00,1,Caña,2,2.5\n".encode(),
    "UTF-16 with tabs": (ORDERS + "2026-07-04 20:00,1,Caña,2,2.5\n").replace(",", "\t").encode("utf-16"),
    "Windows-1252": (ORDERS + "2026-07-04 20:00,1,Caña,2,2.5\n").encode("cp1252"),
    "semicolons and decimal commas": (ORDERS + "2026-07-04 20:00,1,Caña,2,2;5\n").replace(";", "|")
    .replace(",", ";").replace("|", ",").encode(),
    "Excel's sep line": ("sep=;\r\n" + ORDERS.replace(",", ";") + "2026-07-04 20:00;1;Caña;2;2,5\r\n").encode(),
    "quotes": (ORDERS + '"2026-07-04 20:00","1","Caña","2","2,50"\n').encode(),
    "blank lines and trailing commas": (ORDERS + "\n2026-07-04 20:00,1,Caña,2,2.5,,\n,,,,\n").encode(),
    "old line ends and capitals": (ORDERS.title() + "2026-07-04 20:00,1,Caña,2,2.5\n").replace("\n", "\r").encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", ACCEPTED)
def test_table_that_can_be_told_for_sure_is_read(tmp_path: Path, kind: str) -> None:
    (sale,) = read_sales(write(tmp_path, ACCEPTED[kind]))
    assert (sale.product, sale.quantity, sale.unit_price, sale.order) == ("Caña", 2, 2.5, "1")
    assert sale.time.isoformat() == "2026-07-04T20:00:00"


REFUSED = {
    "infinite": ("2026-07-04 20:00,1,beer,inf,2.5", "line 2: quantity 'inf' is not a valid number"),
    "too much for a float": ("2026-07-04 20:00,1,beer,1e400,2.5", "line 2: quantity '1e400'"),
    "underscores": ("2026-07-04 20:00,1,beer,1_000,2.5", "line 2: quantity '1_000'"),
    "other digits": ("2026-07-04 20:00,1,beer,٣,2.5", "line 2: quantity"),
    "hexadecimal": ("2026-07-04 20:00,1,beer,0x10,2.5", "line 2: quantity '0x10'"),
    "a quarter of a million": ("2026-07-04 20:00,1,beer,250000,2.5", "line 2: quantity '250000' is too large"),
    "short": ("2026-07-04 20:00,1,beer", "line 2: quantity is missing"),
    "no product": ("2026-07-04 20:00,1,,1,2.5", "line 2: product is missing"),
    "unquoted decimal comma": ("2026-07-04 20:00,1,beer,2,2,50", "line 2: 6 cells for 5 columns"),
    "thousands or thousandths": ('2026-07-04 20:00,1,beer,"1,500",2', "line 2: quantity '1,500' may be 1500 or 1.5"),
    "both styles": ('2026-07-04 20:00,1,beer,2.5,"2,5"\n2026-07-04 20:01,2,beer,"1,500",2', "line 3: quantity '1,500'"),
    "day first": ("04/07/2026 20:00,1,beer,1,2.5", "line 2: ordered_at '04/07/2026 20:00' is not an ISO 8601 time"),
    "negative price": ("2026-07-04 20:00,1,beer,1,-2.5", "line 2: unit_price -2.5 is negative"),
    "open quote": ('2026-07-04 20:00,1,"beer,1,2.5\n2026-07-04 20:01,2,beer,1,2.5', "line 2: unexpected end"),
    "zero byte": ("2026-07-04 20:00,1,be\0er,1,2.5", "line 2: not text"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_line_that_may_mean_two_things_is_refused(tmp_path: Path, kind: str) -> None:
    line, message = REFUSED[kind]
    with pytest.raises(SalesFileError) as raised:
        read_sales(write(tmp_path, ORDERS + line + "\n"))
    assert message in str(raised.value)
    assert "None" not in str(raised.value)
    assert str(tmp_path) in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ORDERS.encode() + b"2026-07-04 20:00,1,\xca\xe0\xf0,1,1\n2026-07-04 20:01,2,\x81,1,1\n", "line 2: not UTF-8"),
        (ORDERS.encode() + "2026-07-04 20:00,1,řízek,1,1\n".encode("cp1250"), "line 2: not UTF-8"),
        (ORDERS.encode() + "2026-07-04 20:00,1,Caña,1,1\n".encode() + b"2026-07-04 20:00,1,Ca\xf1a,1,1\n", "line 3"),
        (ORDERS.encode() + "2026-07-04 20:00,1,Caña,1,1\n".encode("mac_roman"), "line 2: not UTF-8"),
        (ORDERS.encode() + b'2026-07-04 20:00,1,"Beer\nBeer",1,1\n', "line 2: product 'Beer"),
        (b"", "is empty"),
        (b"time,time,product,quantity\n", "'time' stands there twice"),
    ],
)  # fmt: skip
def test_text_that_cant_be_told_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(SalesFileError) as raised:
        read_sales(write(tmp_path, content))
    assert message in str(raised.value)
    assert "\\x" not in str(raised.value)
    assert "b'" not in str(raised.value)


def test_refunds_are_negative_lines(tmp_path: Path) -> None:
    path = write(tmp_path, ORDERS + "2026-07-04 20:00,1,beer,-2,-2.5\n2026-07-04 20:01,2,beer,\N{MINUS SIGN}1,2.5\n")
    assert [(sale.quantity, sale.unit_price) for sale in read_sales(path)] == [(-2, 2.5), (-1, 2.5)]


def test_order_with_a_refused_line_is_refused_as_a_whole(tmp_path: Path) -> None:
    """Sent in part, it would be booked again with the rest when the file is mended."""
    lines = ["20:00,1,beer,1,1", "20:00,1,cola,nan,1", "20:00,1,water,1,1", "20:00,2,beer,1,1", "20:05,1,beer,1,1"]
    checked = check_sales(write(tmp_path, ORDERS + "".join(f"2026-07-04 {line}\n" for line in lines)))
    assert [refusal.line for refusal in checked.refused] == [2, 3, 4]
    assert [sale.line for sale in checked.sales] == [5, 6]


def test_offsets_are_converted_to_the_zone_of_the_first(tmp_path: Path) -> None:
    lines = ["2026-07-04T20:00:00+02:00,1,beer,1,1", "2026-07-04T18:30:00Z,2,beer,1,1"]
    sales = read_sales(write(tmp_path, ORDERS + "\n".join(lines)))
    assert [sale.time.isoformat() for sale in sales] == ["2026-07-04T20:00:00", "2026-07-04T20:30:00"]


def test_numbers_of_a_file_tell_their_style() -> None:
    assert parse_number("1.500", NumberStyle.COMMA) == 1500
    assert parse_number("1.500", NumberStyle.UNKNOWN) == parse_number("1.500", NumberStyle.POINT) == 1.5
    assert parse_number("1.500,25", NumberStyle.UNKNOWN) == parse_number("1,500.25", NumberStyle.UNKNOWN) == 1500.25
    assert parse_number("1.500", NumberStyle.MIXED) is None


def test_occupancy_is_read_by_the_same_reader(tmp_path: Path) -> None:
    content = "Time;Zone;Persons;Inflow\n2026-07-04T20:00:00;front;1.200,5;6,0\n2026-07-04T20:01:00;front;1300;\n"
    (first, second) = read_occupancy(write(tmp_path, b"\xef\xbb\xbf" + content.encode()))["front"]
    assert (first.persons, first.inflow, second.persons, second.inflow) == (1200.5, 0.1, 1300, 0)
    for bad, message in (
        ("time,zone,persons\n2026-07-04T20:00:00,front\n", "line 2: persons is missing"),
        ("time,zone,persons\n2026-07-04T20:00:00,front,inf\n", "line 2: persons 'inf' is not a valid number"),
        ("zone,persons\nfront,1\n", "time is missing"),
    ):
        with pytest.raises(OccupancyFileError) as raised:
            read_occupancy(write(tmp_path, bad))
        assert message in str(raised.value)


def test_missing_cell_is_named(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "a,b\n1\n"))
    with pytest.raises(CellError, match=r"^b is missing$"):
        table.rows[0].text("b")
    with pytest.raises(TableError, match="c is missing"):
        table.require("a", "c")
