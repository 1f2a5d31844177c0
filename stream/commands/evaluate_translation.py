"""`pulso evaluate translation`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from stream.commands.evaluation_report import GateFile, Json, ProgressCallback, data_argument, measure


def translation(
    pairs: Annotated[Path, data_argument("CSV: en, es; a sentence and its translation.")],
    model: Annotated[
        Path | None, typer.Option(help="Folder of the translation model; the one shipped if left out.")
    ] = None,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Translation of captions: chrF and BLEU both ways, numbers kept, seconds a sentence."""
    from processors.captions.translation import Translator  # noqa: PLC0415 - models take a second to load
    from processors.captions.translation_evaluation import evaluate  # noqa: PLC0415
    from processors.models.inference import models_folder  # noqa: PLC0415

    def work(progress: ProgressCallback) -> dict[str, Any]:
        return evaluate(pairs, Translator.load(model or models_folder() / "translation"), progress=progress)

    measure("translation", work, as_json, gate)
