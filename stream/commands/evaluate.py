"""`pulso evaluate KIND DATA`: measure a model on your own labelled data."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from stream.commands.evaluation_report import GateFile, Json, ProgressCallback, data_argument, measure
from stream.features import registry
from stream.runtime.feature import load_reference
from stream.runtime.settings import Settings

commands = typer.Typer(help="Measure a model on your own labelled data.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the evaluations of all features."""
    for reference in registry.evaluations():
        commands.command()(load_reference(reference))
    app.add_typer(commands, name="evaluate")


# The evaluations import models and libraries that take seconds to load, so each command imports its own.


def demand(
    sales: Annotated[
        Path, data_argument("CSV: time,bar,product,quantity,unit_price, or the layouts that docs/data.md lists.")
    ],
    score_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Score from this day on; learn only from the days before."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="bar or product; if left out, the whole file is one series.")] = None,
    horizon_minutes: Annotated[int, typer.Option(min=1, help="Forecast horizon.")] = 60,
    hours: Annotated[
        str | None,
        typer.Option(
            help="Hours of the day that are scored, such as 17-21 for 17:00 to 21:59; all open ones if left out."
        ),
    ] = None,
    newcomers: Annotated[
        bool,
        typer.Option(
            "--newcomers", help="Instead measure the first hours of products and bars whose history is withheld."
        ),
    ] = False,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Demand forecasts, predict then learn: WAPE, MASE, pinball loss and coverage, beside baselines."""
    from processors.bars.cold_start_evaluation import evaluate as evaluate_newcomers  # noqa: PLC0415
    from processors.bars.evaluation import evaluate  # noqa: PLC0415

    if newcomers:
        measure("newcomers", lambda progress: evaluate_newcomers(sales, progress=progress), as_json, gate)
        return

    if by not in (None, "bar", "product"):
        raise typer.BadParameter("--by must be bar or product")
    scored_hours = None
    if hours is not None:
        match = re.fullmatch(r"([01]?\d|2[0-3])-([01]?\d|2[0-3])", hours)
        if match is None or int(match[1]) > int(match[2]):
            raise typer.BadParameter("--hours must be a first and a last hour of one day, such as 17-21")
        scored_hours = int(match[1]), int(match[2])
    measure(
        "demand",
        lambda progress: evaluate(
            sales,
            score_from=score_from.date() if score_from else None,
            by=cast(Literal["bar", "product"] | None, by),
            horizon_minutes=horizon_minutes,
            hours=scored_hours,
            progress=progress,
        ),
        as_json,
        gate,
    )


def restock(
    orders: Annotated[Path, data_argument("CSV of orders to the minute, with an order_id, as docs/data.md describes.")],
    score_from: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Replay the evenings from this day on; learn only from the days before."
        ),
    ] = None,
    products: Annotated[int, typer.Option(min=1, help="The bar sells this number of the most sold products.")] = 20,
    weeks: Annotated[int, typer.Option(min=1, help="Weeks whose evenings are added up to one.")] = 4,
    shelf: Annotated[
        float, typer.Option(min=0.05, max=5, help="Shelf space, as a share of a mean evening's sales.")
    ] = 0.5,
    lead_minutes: Annotated[float, typer.Option(min=1, help="From the call to the delivery.")] = 30,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Restock notices on real evenings, beside fixed reorder points and no notices: lost sales, stock-outs, trips."""
    from processors.bars.restock_evaluation import RestockSetting, evaluate  # noqa: PLC0415

    setting = RestockSetting(products=products, weeks=weeks, shelf=shelf, lead_minutes=lead_minutes)
    first = score_from.date() if score_from else None
    measure(
        "restock",
        lambda progress: evaluate(orders, setting, score_from=first, progress=progress),
        as_json,
        gate,
    )


def support(
    file: Annotated[
        Path, data_argument("CSV or JSON lines: text or subject+body; topic or intent; optional lang, priority.")
    ],
    topics: Annotated[
        Path | None, typer.Option(exists=True, help="Topics with examples, as deploy/support/topics.yaml.")
    ] = None,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Mail in order of arrival: clusters, topics by example, and languages and priorities where they are labelled."""
    from processors.support.encoder import Encoder  # noqa: PLC0415
    from processors.support.evaluation import evaluate  # noqa: PLC0415
    from processors.support.requests import RequestClassifier  # noqa: PLC0415
    from processors.support.sentence_transformer import embedder_from_setting  # noqa: PLC0415

    def work(progress: ProgressCallback) -> dict[str, Any]:
        requests = RequestClassifier.load(Encoder.load(), embedder=embedder_from_setting(Settings().encoder))
        return evaluate(file, topics=topics, requests=requests, progress=progress)

    measure("support", work, as_json, gate)


def urgency(
    file: Annotated[
        Path,
        data_argument("CSV or JSON lines: text, subject, urgent (or priority); optional language, kind, writer."),
    ],
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Urgent mail: recall and false alarms, by language, kind and writer, and their curve."""
    from processors.support.encoder import Encoder  # noqa: PLC0415
    from processors.support.requests import RequestClassifier  # noqa: PLC0415
    from processors.support.urgency_evaluation import evaluate_urgency  # noqa: PLC0415

    def work(progress: ProgressCallback) -> dict[str, Any]:
        return evaluate_urgency(file, requests=RequestClassifier.load(Encoder.load()), progress=progress)

    measure("urgency", work, as_json, gate)


def sentiment(
    posts: Annotated[
        Path, data_argument("CSV: text, sentiment (negative, neutral, positive; or TASS's N, NEU, NONE, P).")
    ],
    last: Annotated[
        float, typer.Option(min=0, max=1, help="Score only this last share, by the column created where there is one.")
    ] = 1.0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Sentiment of posts: accuracy, macro-F1, per class; for Spanish beside the published figures of TASS."""
    from processors.social.sentiment import SentimentClassifier  # noqa: PLC0415
    from processors.social.sentiment_evaluation import evaluate  # noqa: PLC0415
    from processors.support.encoder import Encoder  # noqa: PLC0415

    encoder = Encoder.load()
    measure(
        "sentiment",
        lambda progress: evaluate(posts, encoder, SentimentClassifier.load(encoder), last=last, progress=progress),
        as_json,
        gate,
    )


def recommend(
    folder: Annotated[
        Path,
        data_argument(
            "Folder: train.txt and test.txt of listeners and artists; or user_artists.dat, artists.dat and tags.csv; "
            "or acts.csv and listeners.csv of a festival."
        ),
    ],
    seed: Annotated[int, typer.Option(help="Of splits and simulated line-ups.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Recommendations: recall and NDCG of each arm, of artists nobody has played, of acts and of festivals."""
    from processors.recommendations.evaluation import evaluate  # noqa: PLC0415
    from processors.support.encoder import Encoder  # noqa: PLC0415

    def work(progress: ProgressCallback) -> dict[str, Any]:
        encoder = Encoder.load()
        return evaluate(folder, lambda tags: encoder.encode(tags).vectors, seed=seed, progress=progress)

    measure("recommend", work, as_json, gate)


def mood(
    clips: Annotated[Path, data_argument("CSV: file, mood.")], as_json: Json = False, gate: GateFile = None
) -> None:
    """Mood of music: accuracy, macro-F1, per class."""
    from processors.music.evaluation import evaluate_mood  # noqa: PLC0415
    from processors.music.tagger import Tagger  # noqa: PLC0415

    measure("mood", lambda progress: evaluate_mood(clips, tagger=Tagger.load(), progress=progress), as_json, gate)


def genre(
    clips: Annotated[Path, data_argument("CSV: file, genre.")],
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Genre of music: accuracy, macro-F1, per class."""
    from processors.music.evaluation import evaluate_genre  # noqa: PLC0415
    from processors.music.tagger import Tagger  # noqa: PLC0415

    measure("genre", lambda progress: evaluate_genre(clips, tagger=Tagger.load(), progress=progress), as_json, gate)
