"""Fuzz tests of files that sources and commands read: sales, mailboxes, images, videos and recordings."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import av
import cv2
import msgspec
import numpy as np
import pytest
import soundfile

from processors.bars.sales_file import SalesFileError, read_sales
from processors.cameras.picture import PictureError, decode
from processors.crowd.forecast_evaluation import OccupancyFileError, read_occupancy
from processors.models.inference import ModelError, open_folder
from processors.music.audio import AudioError, fragments
from processors.music.catalogue_table import CatalogueEntry, CatalogueTable
from processors.support.answers import AnswersFileError, read_answers
from processors.support.topics import TopicsFileError, read_topics
from schemas.bars import Ticket
from schemas.music import MusicSettings
from stream.commands.tag import printable
from stream.runtime.settings import Settings
from stream.sources.camera import CameraSource, jpeg_of_bytes, jpeg_of_file
from stream.sources.http_pictures import jpegs_in
from stream.sources.mail_files import stored_mails
from stream.sources.replay import tickets_of
from stream.sources.source import SourceError
from tests.fuzz.conftest import INPUT_MULTIPLIER, SurfaceStatistics
from tests.fuzz.input_generator import MEDIA_PIECES, PIECES, InputGenerator
from tests.fuzz.test_mail import SEED_MESSAGES

ReadFile = Callable[[Path], Any]


def read_sales_file(path: Path) -> None:
    for ticket in tickets_of(read_sales(path), "fuzz", "all", ZoneInfo("Europe/Madrid")):
        msgspec.json.decode(msgspec.json.encode(ticket), type=Ticket)


def read_mailbox(path: Path) -> None:
    for mail in stored_mails(path, settled=False):
        mail.read()


def read_picture(path: Path) -> None:
    jpeg = jpeg_of_file(path)
    with suppress(PictureError):  # what the worker's dead letters state
        decode(jpeg)


def read_picture_stream(path: Path) -> None:
    with path.open("rb") as stream:
        for jpeg in jpegs_in(stream):
            jpeg_of_bytes(jpeg)


def read_video(path: Path) -> None:
    for _ in CameraSource("fuzz", str(path), loop=False)._file(path):
        pass


def read_recording(path: Path) -> None:
    for _ in fragments(path, seconds=2):
        pass


def read_model(path: Path) -> None:
    """Write a model card beside weights that it does not describe."""
    folder = path.parent / "model"
    folder.mkdir(exist_ok=True)
    (folder / "card.yaml").write_bytes(path.read_bytes())
    (folder / "model.onnx").write_bytes(b"\x08\x07")
    open_folder(folder)


ORDERS_CSV = (
    b"time,bar,product,quantity,unit_price\n2026-07-04T20:00,north,beer,2,4.5\n2026-07-04T20:01,north,cola,-1,3\n"
)
SPANISH_CSV = (
    "\N{ZERO WIDTH NO-BREAK SPACE}time;bar;product;quantity;unit_price\r\n2026-07-04T20:00;north;caña;2;4,50\r\n"
    "2026-07-04T20:01;north;cola;-1;3\r\n"
)
SPANISH_FILES = [SPANISH_CSV.encode(), SPANISH_CSV.encode("utf-16"), SPANISH_CSV[1:].encode("cp1252")]
OCCUPANCY_CSV = b"time,zone,persons,inflow\n2026-07-04T20:00:00,front,100,2.5\n2026-07-04T20:01:00,front,101,\n"
BICYCLES_CSV = b"dateday,hour,count,temp,humidity\n04-07-2026,20,15,0.5,0.6\n04-07-2026,21,11,0.4,0.6\n"
CSV_CELLS = (
    b"1e400", b"nan", b"-inf", b"9999-12-31T23:59", b"0001-01-01T00:00", b"", b'"', b"\n\n", b",,,,", b"x" * 200_000,
    b"2036-07-04 20:00", b"250000", b"1.500", b"1,500", b"2,50", b"-1", b"\xe2\x88\x921", b"\xf1", b"Ca\xc3\xb1a",
    b";", b"\t", b"\r", b"\xef\xbb\xbf", b"\xff\xfe", b"sep=;\n", b"04/07/2026 20:00", b"2026-07-04T18:00:00Z", b'"a"b',
    b"99", b"2026-07-04T20:00+14:00", b"31-02-2026", b"\x00", b"1_000", b"\xd9\xa3", b"2026-07-04", b"0x1", b"1,5",
)  # fmt: skip


def _picture_bytes(height: int = 90, width: int = 120, *options: int) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), 90, np.uint8), list(options))[1].tobytes()


def _pictures() -> list[bytes]:
    """Return pictures as cameras and phones make them: plain, progressive, with a video behind, and huge."""
    plain, video = _picture_bytes(), b"\0\0\0\x18ftypmp42" + np.random.default_rng(0).bytes(3000)
    return [plain, _picture_bytes(90, 120, cv2.IMWRITE_JPEG_PROGRESSIVE, 1), plain + video, _picture_bytes(5200, 5000)]


def _picture_stream() -> bytes:
    return b"".join(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + picture for picture in _pictures()[:3])


def _transport_stream() -> bytes:
    body = io.BytesIO()
    with av.open(body, "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for grey in range(12):
            picture = np.full((48, 64, 3), grey * 20, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return body.getvalue()


def _video_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.avi"
        out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 8, (64, 48))
        for grey in range(12):
            out.write(np.full((48, 64, 3), grey * 20, np.uint8))
        out.release()
        return path.read_bytes()


def _recording_bytes(kind: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.random.default_rng(1).uniform(-0.2, 0.2, 30_000), 8_000, format=kind)
    return file.getvalue()


def _unfinished_wav() -> bytes:
    value = _recording_bytes("WAV")
    at = value.index(b"data") + 4
    return value[:4] + bytes(4) + value[8:at] + bytes(4) + value[at + 4 :]


MBOX = b"".join(
    b"From a@x.org Sat Jul  4 20:00:00 2026\n" + one.replace(b"\r\n", b"\n") + b"\n" for one in SEED_MESSAGES
)
DEPLOY = Settings().topics.parent


class FileKind(NamedTuple):
    """Kind of file under test."""

    suffix: str
    read: ReadFile
    refusal: type[Exception]
    seeds: list[bytes]
    pieces: tuple[bytes, ...]
    number: int


@cache
def file_kinds() -> dict[str, FileKind]:
    card = b"name: x\nversion: '1'\nsha256: abc\nlimits: [a]\n"
    sales = [ORDERS_CSV, BICYCLES_CSV, *SPANISH_FILES]
    sounds = [_recording_bytes(kind) for kind in ("WAV", "FLAC", "OGG", "MP3", "AIFF", "RF64")]
    sounds += [_unfinished_wav(), sounds[2] * 2]
    return {
        "sales": FileKind(".csv", read_sales_file, SalesFileError, sales, CSV_CELLS, 150),
        "occupancy": FileKind(".csv", read_occupancy, OccupancyFileError, [OCCUPANCY_CSV], CSV_CELLS, 100),
        "mbox": FileKind(".mbox", read_mailbox, SourceError, [MBOX], PIECES, 50),
        "picture": FileKind(".png", read_picture, SourceError, _pictures(), MEDIA_PIECES, 100),
        "picture stream": FileKind(".mjpg", read_picture_stream, SourceError, [_picture_stream()], MEDIA_PIECES, 100),
        "video": FileKind(".avi", read_video, SourceError, [_video_bytes(), _transport_stream()], MEDIA_PIECES, 20),
        "recording": FileKind(".wav", read_recording, AudioError, sounds, MEDIA_PIECES, 40),
        "topics": FileKind(".yaml", read_topics, TopicsFileError, [(DEPLOY / "topics.yaml").read_bytes()], PIECES, 2),
        "answers": FileKind(
            ".yaml", read_answers, AnswersFileError, [(DEPLOY / "answers.yaml").read_bytes()], PIECES, 2
        ),
        "model card": FileKind(".yaml", read_model, ModelError, [card], PIECES, 20),
    }


@pytest.mark.parametrize(
    "name",
    [
        "sales",
        "occupancy",
        "mbox",
        "picture",
        "picture stream",
        "video",
        "recording",
        "topics",
        "answers",
        "model card",
    ],
)
@pytest.mark.timeout(3600)
def test_file(name: str, tmp_path: Path, statistics: SurfaceStatistics) -> None:
    kind, generator = file_kinds()[name], InputGenerator(name)
    path = tmp_path / f"file{kind.suffix}"
    path.write_bytes(kind.seeds[0])
    with suppress(kind.refusal):
        kind.read(path)  # the first file also loads libraries, which is not measured
    for _ in range(kind.number * INPUT_MULTIPLIER):
        data = generator.mutate_bytes(generator.random.choice(kind.seeds), kind.pieces)
        path.write_bytes(data)
        with statistics.measure(1, data[:2_000]):
            try:
                kind.read(path)
            except kind.refusal as error:
                assert str(error)
                assert "NoneType" not in str(error)
                statistics.count_refusal(type(error).__name__)


def test_csv_reader_names_line_before_too_long_field(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(ORDERS_CSV + b"2026-07-04T20:02,north," + b"x" * (csv.field_size_limit() + 1) + b",1,1\n")
    with pytest.raises(SalesFileError, match="line 4: field larger"):
        read_sales(path)


@pytest.mark.timeout(3600)
def test_names_in_catalogue(tmp_path: Path, statistics: SurfaceStatistics) -> None:
    """Names of files go through the table and come back, whatever bytes they have."""
    generator = InputGenerator("names")
    table = CatalogueTable(["happy"], ["pop"], MusicSettings())
    path = tmp_path / "tags.csv"
    for _ in range(20 * INPUT_MULTIPLIER):
        names = {generator.file_name() for _ in range(10)}
        entries = [
            CatalogueEntry(file=name, model="m", size=1, modified=2, sha256="", error="refused") for name in names
        ]
        with statistics.measure(len(names), sorted(names)):
            with path.open("w", encoding="utf-8", errors="surrogateescape") as file:
                table.write(file, entries)
            assert table.read(path).keys() == names
            assert all(printable(name).isprintable() for name in names)
