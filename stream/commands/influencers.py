"""`pulso influencers check` and `pulso evaluate influencers`: fake followers and engagement, from counts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import msgspec
import typer

from stream.commands.evaluation_report import GateFile, Json, data_argument, measure

commands = typer.Typer(help="Influencers: fake followers and engagement, from counts.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="influencers")


@commands.callback()
def group() -> None:
    """Influencers: fake followers and engagement, from counts."""


@commands.command()
def check(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV of sampled followers, without names: followers, following, posts; picture, digits and length of "
            "the user name where known.",
        ),
    ],
    posts: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="CSV of the last posts: time, likes, comments, followers."),
    ] = None,
    followers: Annotated[
        float | None, typer.Option(min=1, help="Followers of the account now; needed with --posts.")
    ] = None,
    language: Annotated[str, typer.Option(help="en or es.")] = "en",
    as_json: Json = False,
) -> None:
    """Estimate the share of fake followers of an account, and compare its engagement with what is usual."""
    from processors.influencers.accounts import read_accounts  # noqa: PLC0415 - SciPy takes a second to load
    from processors.influencers.engagement import read_posts  # noqa: PLC0415
    from processors.influencers.fake_followers import FakeFollowerModel  # noqa: PLC0415
    from processors.influencers.report import report_on  # noqa: PLC0415
    from processors.influencers.summary import Language  # noqa: PLC0415

    if language not in ("en", "es"):
        raise typer.BadParameter("--language must be en or es")
    if posts is not None and followers is None:
        raise typer.BadParameter("--posts needs --followers, the account's followers now")
    read = read_posts(posts) if posts is not None else ()
    report = report_on(read_accounts(file), FakeFollowerModel.load(), cast(Language, language), read, followers)
    typer.echo(msgspec.json.encode(report).decode() if as_json else "\n".join(report.text))


def influencers(
    accounts: Annotated[
        Path,
        data_argument(
            "CSV: userFollowerCount, userFollowingCount, userMediaCount, isFake; userHasProfilPic, usernameDigitCount "
            "and usernameLength where known. Other columns are not used."
        ),
    ],
    seed: Annotated[int, typer.Option(help="Of the drawn samples.")] = 0,
    as_json: Json = False,
    gate: GateFile = None,
) -> None:
    """Fake followers: AUC, calibration error, and the error of the share in samples of 200 followers."""
    from processors.influencers.evaluation import evaluate  # noqa: PLC0415
    from processors.influencers.fake_followers import FakeFollowerModel  # noqa: PLC0415

    measure("influencers", lambda _progress: evaluate(accounts, FakeFollowerModel.load(), seed=seed), as_json, gate)
