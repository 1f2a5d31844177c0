"""`pulso models labels` and `pulso models retrain`: from people's corrections to a candidate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from processors.models.comparison import Figures
from stream.commands.models import commands, model_store
from stream.commands.tables import folding_table, print_output
from stream.runtime.settings import Settings

Name = Annotated[str, typer.Argument(help="mood or sentiment.")]


def register(_app: typer.Typer) -> None:
    """Add nothing: importing this module adds the commands to `pulso models`."""


@commands.command()
def labels(
    name: Annotated[str, typer.Argument(help="mood, genre, sentiment or violence.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write to; what it has is kept.")],
) -> None:
    """Gather people's corrections and confirmations, with clips or texts, into a folder to train on.

    No mail addresses: texts are masked, people are pseudonyms. Run it within three days for mails, and within 14 for
    sound.
    """
    from stream.registry.labels import gather  # noqa: PLC0415

    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    if name == "violence":
        from stream.commands.labels import export  # noqa: PLC0415

        export(out)
        return
    found = gather(Settings().connected(), name, out)
    errors.print(
        f"{found.total} labels in {out / f'{name}.csv'}, {found.new} of them new; in {found.changed} the person "
        f"changed the model's label; {found.without_content} corrections have no clip or text any more",
        markup=False,
    )


@commands.command()
def retrain(
    name: Name,
    data: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of `pulso models labels`.")],
    base: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Folder with NAME.csv of the first training's data."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder of features; features in the data folder if left out.")
    ] = None,
) -> None:
    """Train a candidate with a venue's labels, and show its figures beside those of the model in use.

    Only features of new clips and texts are computed. The candidate is not in use before `pulso models promote`.
    """
    from processors.models.inference import read_card  # noqa: PLC0415
    from stream.registry.training import train_candidate  # noqa: PLC0415

    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    store = model_store()
    folder = train_candidate(store, name, data, base=base, cache=cache or Settings().data / "features")
    print_output(_side_by_side(read_card(folder).metrics))
    errors.print(
        f"{folder}\nnext: pulso models promote {name} {folder.name} --data {data / f'{name}-test.csv'}", markup=False
    )


def _side_by_side(figures: Figures) -> Any:
    """Return a table of the figures of the candidate and of the model before."""
    table = folding_table("figure", "candidate", "95 %", "in use", "95 %", "change", "95 %")
    for data in [name for name in figures if f"{name}, change" in figures]:
        sets = [figures[data], figures[f"{data}, model before"], figures[f"{data}, change"]]
        for measure in ("accuracy", "macro_f1"):
            cells = [
                text
                for one in sets
                for text in (f"{one[measure]:.3f}", f"{one[f'{measure}_low']:.2f} to {one[f'{measure}_high']:.2f}")
            ]
            table.add_row(f"{data}: {measure}", *cells)
        for kind in ("misses", "false alarms"):
            before = figures[f"{data}, {kind} before"]
            for label, value in figures[f"{data}, {kind}"].items():
                change = f"{value - before[label]:+.3f}"
                table.add_row(f"{data}: {kind}, {label}", f"{value:.3f}", "", f"{before[label]:.3f}", "", change, "")
    return table
