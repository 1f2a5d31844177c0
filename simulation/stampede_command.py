"""Command `pulso evaluate stampede`: detection of stampedes and scatterings in rendered crowds."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stream.commands.evaluation_report import GateFile, Json, ProgressCallback, measure
from stream.runtime.settings import ROOT
from stream.runtime.venue_file import read_venue


def stampede(
    sequences: Annotated[int, typer.Option(min=1, help="Number of rendered sequences of each kind.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the rendered sequences.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Evaluate on rendered crowds that run together, run apart, or are calm: detection rate, delay, false alarms."""
    from processors.crowd.density import CrowdCounter  # noqa: PLC0415
    from processors.violence.scorer import ViolenceScorer  # noqa: PLC0415
    from simulation.stampede_evaluation import evaluate  # noqa: PLC0415

    def work(progress: ProgressCallback) -> dict[str, Any]:
        venue, counter, scorer = (
            read_venue(ROOT / "deploy/venues/demo.yaml"),
            CrowdCounter.load(),
            ViolenceScorer.load(),
        )
        return evaluate(venue, counter=counter, scorer=scorer, number=sequences, seed=seed, progress=progress)

    measure("stampede", work, as_json, gate)
