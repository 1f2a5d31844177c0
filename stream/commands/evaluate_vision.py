"""`pulso evaluate` for cameras: heads, camera faults, gates, forecasts of zones, fights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.camera_faults import CameraFaultThresholds
from schemas.ids import CameraId
from stream.commands.evaluation_report import GateFile, Json, data_argument, measure
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

# The evaluations import models and libraries that take seconds to load, so each command imports its own.


def crowd(
    folder: Annotated[Path, data_argument("Folder of pictures with a heads.json.")],
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Heads in pictures: MAE, RMSE, seconds for each picture."""
    from processors.crowd.density import CrowdCounter  # noqa: PLC0415
    from processors.crowd.evaluation import evaluate  # noqa: PLC0415

    measure("crowd", lambda progress: evaluate(folder, counter=CrowdCounter.load(), progress=progress), as_json, gate)


def faults(
    folder: Annotated[Path, data_argument("Folder of good pictures (JPEG or PNG), best of your own cameras.")],
    camera: Annotated[str | None, typer.Option(help="Use the venue file's thresholds for this camera.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated faults.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Camera faults, each simulated on each picture: share of faults missed and of good pictures rejected."""
    from processors.cameras.fault_evaluation import evaluate  # noqa: PLC0415

    thresholds = _thresholds(CameraId(camera)) if camera else None
    measure(
        "faults",
        lambda progress: evaluate(folder, settings=thresholds, seed=seed, progress=progress),
        as_json,
        gate,
    )


def _thresholds(camera: CameraId) -> CameraFaultThresholds:
    venue = read_venue(Settings().venue)
    for candidate in venue.cameras:
        if candidate.id == camera:
            return candidate.faults or venue.crowd.faults
    known = ", ".join(candidate.id for candidate in venue.cameras) or "none"
    raise typer.BadParameter(f"the venue file has no camera {camera!r}; it has {known}", param_hint="--camera")


def gates(
    folder: Annotated[Path, data_argument("Folder of pictures with a heads.json.")],
    seed: Annotated[int, typer.Option(help="Seed of the noise and small movements of a live view.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Crossings of a gate line: real pictures move across it, so that each crossing is known."""
    from processors.attendance.gate_evaluation import evaluate  # noqa: PLC0415
    from processors.crowd.density import CrowdCounter  # noqa: PLC0415

    measure(
        "gates",
        lambda progress: evaluate(folder, counter=CrowdCounter.load(), seed=seed, progress=progress),
        as_json,
        gate,
    )


def occupancy(
    counts: Annotated[
        Path | None,
        typer.Argument(exists=True, help="CSV: time,zone,persons, optionally inflow; simulated evenings if left out."),
    ] = None,
    limit: Annotated[
        float | None,
        typer.Option(min=1, help="Limit of persons; if left out, the value that 90 % of the time are below."),
    ] = None,
    lead_minutes: Annotated[float, typer.Option(min=0.5, max=15, help="Time that staff need to act.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the simulated evenings.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Forecasts of a zone 1, 5 and 15 minutes ahead: MAE, coverage, and precision of alarms before a limit."""
    from processors.crowd.forecast_evaluation import evaluate  # noqa: PLC0415

    measure(
        "occupancy",
        lambda progress: evaluate(counts, limit=limit, lead_minutes=lead_minutes, seed=seed, progress=progress),
        as_json,
        gate,
    )


def violence(
    clips: Annotated[Path, data_argument("JSON lines: clip, label (fight or normal), source, set.")],
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Fights in clips: accuracy, AUC, false alarms per hour."""
    from processors.violence.evaluation import evaluate  # noqa: PLC0415
    from processors.violence.scorer import ViolenceScorer  # noqa: PLC0415

    measure(
        "violence", lambda progress: evaluate(clips, scorer=ViolenceScorer.load(), progress=progress), as_json, gate
    )
