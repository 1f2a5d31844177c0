"""`pulso evaluate itinerary`: measure the planner on requests with known best plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from stream.commands.evaluation_report import GateFile, Json, data_argument, measure


def itinerary(
    folder: Annotated[
        Path, data_argument("Folder with the festival's tables and itineraries.jsonl, as docs/data.md describes.")
    ],
    plans: Annotated[
        Path | None, typer.Option("--plans", dir_okay=False, help="Write every plan as JSON Lines.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of the festival.")] = "Europe/Madrid",
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Personal itineraries: share of best plans, overlaps, forbidden paths, seconds per plan."""
    from processors.itinerary.evaluation import evaluate  # noqa: PLC0415

    try:
        where = ZoneInfo(zone)
    except (KeyError, ValueError) as error:
        raise typer.BadParameter(f"{zone!r} is not a time zone, such as Europe/Madrid") from error
    measure("itinerary", lambda progress: evaluate(folder, where, plans=plans, progress=progress), as_json, gate)
