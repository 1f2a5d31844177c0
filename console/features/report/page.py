"""The page of reports, and their files. Figures come from the store that `pulso report` writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from msgspec import Struct

from console.authentication import CurrentUser, require_role
from console.services import ConsoleServices, Services
from processors.report.day import DayReport
from processors.report.page import Language, moment, percent
from processors.report.period import Period, PeriodReport, period_bounds, sum_period
from stream.features.report.pages import html_of, pdf_of
from stream.features.report.store import PUBLIC_KEY, ReportStore
from stream.stores.accounts import Role

router = APIRouter()

ROLES: tuple[Role, ...] = ("production",)
"""Beside administrators."""

MAX_DAYS = 120
"""Newest reports that the page lists and sums."""

PERIODS: tuple[Period, ...] = ("week", "month", "quarter")

_RENDERING = asyncio.Semaphore(1)
"""A PDF takes seconds of a processor: one at a time, so that the control room's pages go on."""

LanguageName = Annotated[Language, Path()]


class ListedDay(Struct, frozen=True):
    """A row of the page."""

    day: date
    made: str
    final: bool
    log: bool


class ListedPeriod(Struct, frozen=True):
    """A column of sums."""

    name: Period
    sums: PeriodReport


class ListedRow(Struct, frozen=True):
    """A row of sums: the name of its phrase, and a value for each period."""

    name: str
    values_shown: tuple[str, ...]


@router.get("/reports", response_class=HTMLResponse)
async def reports(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    """List the reports, and the sums of the week, month and quarter of the newest."""
    require_role(user, *ROLES)
    language: Language = "es" if services.language(request) == "es" else "en"
    stored = await asyncio.to_thread(_load, services)
    zone = ZoneInfo(services.venue.timezone)
    store = ReportStore(services.settings.data)
    days = [
        ListedDay(
            one.bounds.day, moment(one.made, zone, language), one.is_final, store.log_path(one.bounds.day).exists()
        )
        for one in stored
    ]
    periods = [_sums(stored, period) for period in PERIODS] if stored else []
    return services.page(
        request, "report/report.html", user,
        days=days, periods=periods, rows=_rows([one.sums for one in periods]), language=language,
    )  # fmt: skip


@router.get("/reports/key")
async def public_key(user: CurrentUser, services: Services) -> FileResponse:
    """Return the public key, with which logs are verified."""
    require_role(user, *ROLES)
    path = ReportStore(services.settings.data).folder / PUBLIC_KEY
    if not path.exists():
        raise HTTPException(404, "there is no key yet: `pulso report DAY` makes it")
    return FileResponse(path, media_type="application/x-pem-file", filename="pulso.pub.pem")


@router.get("/reports/{day}.log")
async def signed_log(day: date, user: CurrentUser, services: Services) -> FileResponse:
    """Return the signed log of a day that is over."""
    require_role(user, *ROLES)
    path = ReportStore(services.settings.data).log_path(day)
    if not path.exists():
        raise HTTPException(404, f"there is no log of {day}: it is written when the day is over")
    return FileResponse(path, media_type="application/jsonl", filename=f"pulso-{day}.log.jsonl")


@router.get("/reports/{day}.{language}.html")
async def html(day: date, language: LanguageName, user: CurrentUser, services: Services) -> Response:
    """Return the report as one HTML file; as a download, since its styles are inside."""
    require_role(user, *ROLES)
    content = await _rendered(services, day, language, lambda page: page.encode())
    return _download(content, "text/html; charset=utf-8", f"pulso-{day}.{language}.html")


@router.get("/reports/{day}.{language}.pdf")
async def pdf(day: date, language: LanguageName, user: CurrentUser, services: Services) -> Response:
    """Return the report as PDF."""
    require_role(user, *ROLES)
    content = await _rendered(services, day, language, pdf_of)
    return _download(content, "application/pdf", f"pulso-{day}.{language}.pdf")


async def _rendered(services: ConsoleServices, day: date, language: Language, convert: Callable[[str], bytes]) -> bytes:
    """Return a report's page as `convert` writes it, made in a thread."""
    report = _report(services, day)
    async with _RENDERING:
        return await asyncio.to_thread(lambda: convert(html_of(report, services.settings, language)))


def _load(services: ConsoleServices) -> list[DayReport]:
    """Return the newest reports, newest first."""
    store = ReportStore(services.settings.data)
    return [one for day in store.days()[:MAX_DAYS] if (one := store.load(day)) is not None]


def _report(services: ConsoleServices, day: date) -> DayReport:
    report = ReportStore(services.settings.data).load(day)
    if report is None:
        raise HTTPException(404, f"there is no report of {day}: `pulso report {day}` makes it")
    return report


def _download(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _sums(stored: list[DayReport], period: Period) -> ListedPeriod:
    """Return the sums of the period that the newest report is in."""
    newest = stored[0].bounds.day
    begin, end = period_bounds(newest, period)
    return ListedPeriod(period, sum_period(stored, begin, end, min(newest, datetime.now(UTC).date())))


def _rows(sums: list[PeriodReport]) -> list[ListedRow]:
    """Return the rows of the table of sums."""
    shown: dict[str, Callable[[PeriodReport], str]] = {
        "days": lambda one: str(one.days),
        "missing": lambda one: str(len(one.missing)),
        "judged": _judged,
        "acknowledged": lambda one: percent(sum(r.acknowledged for r in one.rules), sum(r.alerts for r in one.rules)),
        "error": lambda one: "–" if one.forecast_error is None else percent(one.forecast_error, 1),
        "corrections": lambda one: str(one.corrections),
        "avoided": lambda one: f"{one.avoided} / {one.missed}",
        "kept": lambda one: ", ".join(f"{amount:.0f} {name}" for name, amount in one.kept.items()),
        "replies": lambda one: f"{one.suggested}; {one.reply_hours:.1f} h",
    }
    return [ListedRow(name, tuple(show(one) for one in sums)) for name, show in shown.items()]


def _judged(sums: PeriodReport) -> str:
    right, wrong = (sum(getattr(rule, name) for rule in sums.rules) for name in ("confirmed", "rejected"))
    return f"{right} / {wrong} / {sum(rule.alerts for rule in sums.rules) - right - wrong}"
