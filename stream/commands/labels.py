"""`pulso labels`: verdicts of people on alerts, as data for training and evaluation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from redis import Redis
from rich.console import Console

from schemas.alerts import AlertLabel
from stream.features.alerts.precision import read_labels
from stream.runtime.atomic_file import replace_file
from stream.runtime.settings import Settings
from stream.stores.evidence import read_evidence

commands = typer.Typer(help="Verdicts on alerts.", no_args_is_help=True)

LABEL = {"confirmed": "fight", "rejected": "normal"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="labels")


@commands.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; files of an earlier export are kept.")],
) -> None:
    """Write all verdicts to labels.jsonl, and those on fights whose clip has not expired to clips.jsonl with the video.

    The command can be repeated: exported clips are kept, with the newest verdict.
    """
    settings = Settings().connected()
    errors = Console(stderr=True)
    labels = read_labels(settings)
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    with Redis.from_url(settings.redis_url(), socket_timeout=5) as redis:
        rows = [row for label in labels if (row := _clip(redis, label, folder, errors)) is not None]
    _write(folder / "labels.jsonl", [msgspec.to_builtins(label) for label in labels])
    _write(folder / "clips.jsonl", rows)
    fights = sum(label.rule == "violence" for label in labels)
    typer.echo(f"{len(labels)} verdicts, {fights} of them on fights, {len(rows)} with a clip: {folder}")


def _clip(redis: Redis, label: AlertLabel, folder: Path, errors: Console) -> dict[str, Any] | None:
    """Write the video of a verdict and return its line of clips.jsonl; None where there is no clip."""
    from processors.cameras.picture import PictureError  # noqa: PLC0415 - it imports OpenCV
    from processors.violence.evidence import CONTENT_TYPE, to_video  # noqa: PLC0415 - and ONNX Runtime

    if label.rule != "violence":
        return None
    for evidence in label.evidence:
        path = folder / "clips" / f"{evidence}.avi"
        body = None if path.exists() else read_evidence(redis, evidence, CONTENT_TYPE)
        if body is not None:
            unfinished = path.with_suffix(".part.avi")
            try:
                to_video(body, unfinished)
            except PictureError as error:
                errors.print(f"[yellow]{label.id}[/]: {error}", highlight=False)
                continue
            unfinished.replace(path)
        if path.exists():
            return {
                "clip": f"clips/{path.name}",
                "label": LABEL[label.verdict],
                "source": label.subject,
                "set": "judged",
                "alert": label.id,
                "raised_at": label.raised_at.isoformat(),
            }
    return None


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    replace_file(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
