"""`pulso report` and `pulso log`: the morning after a day, sums of a period, and the signed log behind a report."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console

from processors.report.day import DayBounds, DayReport, day_bounds
from processors.report.log import LogError, signed_lines, verify_log
from processors.report.period import Period, PeriodReport, period_bounds, sum_period
from schemas.venue import Venue
from stream.commands.evaluation_report import Json
from stream.features.report.collect import CollectedDay, collect_day
from stream.features.report.store import PUBLIC_KEY, ReportStore, read_public_key
from stream.runtime.atomic_file import replace_file
from stream.runtime.settings import Settings
from stream.runtime.venue_file import read_venue

log = typer.Typer(help="The signed log behind a report.", no_args_is_help=True)

Out = Annotated[Path, typer.Option(file_okay=False, help="Folder to write to; created if missing.")]
DayText = Annotated[str, typer.Argument(metavar="DAY", help="Festival day in the venue's time zone, YYYY-MM-DD.")]

HERE = Path("report")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(report)
    app.add_typer(log, name="log")


def report(
    day: DayText,
    out: Out = HERE,
    period: Annotated[
        Literal["week", "month", "quarter"] | None,
        typer.Option(help="Sum the stored reports of the week, month or quarter that the day is in, as JSON."),
    ] = None,
    pdf: Annotated[bool, typer.Option(help="Write PDF files, too.")] = True,
    as_json: Json = False,
) -> None:
    """Write the report of a day as HTML and PDF in both languages, and store its figures.

    Kafka keeps counts and forecasts for one day: run it in the morning after. Once a report was made after its day had
    ended, later calls read the stored figures.
    """
    settings = Settings()
    venue, now = read_venue(settings.venue), datetime.now(UTC)
    store = ReportStore(settings.data)
    bounds = day_bounds(day, venue, now)
    if period is not None:
        typer.echo(msgspec.json.format(msgspec.json.encode(period_report(store, bounds.day, period, venue, now))))
        return
    figures = stored_or_collected(settings, store, venue, bounds, now)
    if as_json:
        typer.echo(msgspec.json.encode(figures).decode())
        return
    for path in write_pages(figures, settings, out, pdf=pdf):
        typer.echo(str(path))


@log.command()
def export(day: DayText, out: Out = HERE) -> None:
    """Write the signed log of a day as JSON Lines, and the public key beside it.

    A day that has not ended gives a provisional log; that of a day that has ended is written once and never changed.
    """
    settings = Settings()
    venue, now = read_venue(settings.venue), datetime.now(UTC)
    store = ReportStore(settings.data)
    bounds = day_bounds(day, venue, now)
    path = store.log_path(bounds.day)
    stored = path.read_bytes() if path.exists() else None
    content = stored or save(store, collect_day(settings.connected(), venue, bounds, now))
    key = (store.folder / PUBLIC_KEY).read_bytes()
    target = out / f"pulso-{bounds.day}.log.jsonl"
    replace_file(target, content)
    replace_file(target.with_name(f"pulso-{bounds.day}.log.pub.pem"), key)
    typer.echo(str(target))


@log.command()
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Log that was exported.")],
    key: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Public key of the venue, by default the one beside the log: use your copy.",
        ),
    ] = None,
) -> None:
    """Check that no line of a log was changed, removed, moved, inserted or cut off; exit status 1 if one was."""
    public = key or file.with_name(file.name.removesuffix(".jsonl") + ".pub.pem")
    try:
        verified = verify_log(file.read_bytes(), read_public_key(public))
    except LogError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"{file}: {error}", markup=False)
        raise typer.Exit(1) from error
    typer.echo(f"{verified.venue}, {verified.day}: {len(verified.entries)} entries, complete and unchanged")


def stored_or_collected(
    settings: Settings, store: ReportStore, venue: Venue, bounds: DayBounds, now: datetime
) -> DayReport:
    """Return the final report of a day from the store, or else make it and store it."""
    stored = store.load(bounds.day)
    if stored is not None and stored.is_final:
        return stored
    collected = collect_day(settings.connected(), venue, bounds, now)
    if stored is not None and stored.records > collected.report.records:
        return stored  # records have expired since
    save(store, collected)
    return collected.report


def save(store: ReportStore, collected: CollectedDay) -> bytes:
    """Store figures and, once the day is over, the log; return the log's content."""
    report = collected.report
    content = b"".join(
        signed_lines(report.bounds.day.isoformat(), report.venue, collected.entries, store.signing_key())
    )
    store.save(report)
    if report.is_final:
        store.write_log(report.bounds.day, [content])
    return content


def write_pages(report: DayReport, settings: Settings, out: Path, *, pdf: bool) -> list[Path]:
    """Write the pages of a report in each language, and return their paths."""
    from processors.report.page import LANGUAGES  # noqa: PLC0415 - Matplotlib takes a second to load
    from stream.features.report.pages import html_of, pdf_of  # noqa: PLC0415

    written = []
    for language in LANGUAGES:
        page = html_of(report, settings, language)
        path = out / f"pulso-{report.bounds.day}.{language}.html"
        replace_file(path, page)
        written.append(path)
        if pdf:
            replace_file(path.with_suffix(".pdf"), pdf_of(page))
            written.append(path.with_suffix(".pdf"))
    return written


def period_report(store: ReportStore, day: date, period: Period, venue: Venue, now: datetime) -> PeriodReport:
    """Return the sums of the stored reports of a period."""
    begin, end = period_bounds(day, period)
    reports = [one for stored in store.days() if (one := store.load(stored)) is not None]
    yesterday = now.astimezone(ZoneInfo(venue.timezone)).date() - timedelta(days=1)
    return sum_period(reports, begin, end, yesterday)
