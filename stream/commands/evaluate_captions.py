"""`pulso evaluate captions`: speech recognition on your own recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from stream.commands.evaluation_report import GateFile, Json, ProgressCallback, data_argument, measure
from stream.runtime.settings import Settings

# The evaluation imports models and libraries that take seconds to load.


def captions(
    file: Annotated[Path, data_argument("CSV: clip,language,text; clips are relative to the file.")],
    model: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="faster-whisper model; the settings' if left out.")
    ] = None,
    beam: Annotated[int, typer.Option(min=1, max=10, help="Hypotheses that are followed.")] = 5,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Captions of recordings, cut as live: word error rate, processor time a second, delay of a word."""

    def work(progress: ProgressCallback) -> dict[str, Any]:
        from processors.captions.transcriber import Transcriber, TranscriberSettings  # noqa: PLC0415

        settings = Settings()
        transcriber = Transcriber(
            model or settings.speech_folder,
            threads=settings.speech_threads,
            settings=TranscriberSettings(beam_size=beam),
        )
        from processors.captions.evaluation import evaluate  # noqa: PLC0415 - the extra is there, as the model says

        return evaluate(file, transcriber, progress=progress)

    measure("captions", work, as_json, gate)
