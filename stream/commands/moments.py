"""`pulso evaluate moments`: links between posts and sets, on labelled posts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stream.commands.evaluation_report import GateFile, Json, data_argument, measure


def moments(
    posts: Annotated[
        Path,
        data_argument("CSV: time, text, set (empty for none); place and writer where known."),
    ],
    programme: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="CSV: set, begin, end, stage, name. programme.csv beside the posts if left out.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap samples.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Links of posts to sets: right, wrong and missed, with 95 % intervals over writers."""
    from processors.moments.evaluation import evaluate  # noqa: PLC0415
    from processors.moments.meaning import PerformanceMeaning  # noqa: PLC0415
    from processors.support.encoder import Encoder  # noqa: PLC0415

    encoder = Encoder.load()
    meaning = PerformanceMeaning(lambda texts: encoder.encode(texts).vectors)
    table = programme or posts.parent / "programme.csv"
    measure(
        "moments", lambda progress: evaluate(posts, table, meaning, seed=seed, progress=progress), as_json, gate
    )  # fmt: skip
