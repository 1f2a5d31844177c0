"""`pulso evaluate assistant`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stream.commands.evaluation_report import GateFile, Json, data_argument, measure


def assistant(
    folder: Annotated[
        Path, data_argument("Folder with the CSV files of a festival, live.json and questions.jsonl; see docs/data.md.")
    ],
    answers: Annotated[Path | None, typer.Option(help="Write every answer to this file, as JSON lines.")] = None,
    questions: Annotated[
        Path | None, typer.Option(exists=True, help="Questions, if not questions.jsonl of the folder.")
    ] = None,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Answers to attendees' questions: right, wrong, handed over, danger found, and the time that an answer takes."""
    from processors.assistant.evaluation import evaluate  # noqa: PLC0415 - models take a second to load
    from processors.support.encoder import Encoder  # noqa: PLC0415
    from processors.support.requests import RequestClassifier  # noqa: PLC0415

    measure(
        "assistant",
        lambda progress: evaluate(
            folder,
            requests=RequestClassifier.load(Encoder.load()),
            answers=answers,
            questions=questions,
            progress=progress,
        ),
        as_json,
        gate,
    )
