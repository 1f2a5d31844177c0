"""Reports in a browser: production reads the list and downloads; others are refused."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from processors.report.day import Assumptions, BarFigures, DayReport, RuleFigures, day_bounds
from schemas.venue import Venue
from stream.features.report.store import ReportStore
from tests.console.conftest import ConsoleStack, OpenPage
from tests.console.test_pages import PHONE, serious_violations

pytestmark = pytest.mark.stack

VENUE = Venue.model_validate({"name": "Test"})
MADE = datetime(2026, 7, 5, 9, tzinfo=UTC)


@pytest.fixture
def with_report(console_stack: ConsoleStack) -> None:
    report = DayReport(
        venue="Test", timezone="Europe/Madrid", bounds=day_bounds("2026-07-04", VENUE, MADE), made=MADE,
        assumptions=Assumptions(4, 15, "EUR"), rules=(RuleFigures("crowd-density", 9, 7, 5, 2),),
        bars=(BarFigures("north", "beer", 900, 1, 3, 120, 4.0, 50, 400, 20, 18),),
        mails=80, suggested=45, corrections=3,
    )  # fmt: skip
    store = ReportStore(console_stack.stack.settings.data)
    store.signing_key()
    store.save(report)
    store.write_log(report.bounds.day, [b"{}\n"])


@pytest.mark.usefixtures("with_report")
@pytest.mark.parametrize(("locale", "title"), [("es-ES", "Informes"), ("en-GB", "Reports")])
def test_production_reads_sums_and_downloads(open_page: OpenPage, locale: str, title: str) -> None:
    page = open_page("pau", "/reports", locale=locale)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("cell", name="480 EUR").first).to_be_visible()
    expect(page.get_by_role("cell", name="5 / 2 / 2").first).to_be_visible()
    assert serious_violations(page) == []
    if folder := os.environ.get("PULSO_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"reports-{locale[:2]}.png", full_page=True)
    with page.expect_download() as html:
        page.get_by_role("main").get_by_role("link", name="English").click()
    assert html.value.suggested_filename == "pulso-2026-07-04.en.html"
    assert "<svg" not in html.value.path().read_text(encoding="utf-8"), "nothing was counted"
    with page.expect_download() as pdf:
        page.get_by_role("link", name="PDF").click()
    assert pdf.value.path().read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("with_report")
def test_reports_fit_on_a_phone(open_page: OpenPage) -> None:
    page = open_page("pau", "/reports", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
