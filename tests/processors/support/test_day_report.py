"""Report of a day: complaints and repeated questions of that day only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from processors.support.day_pages import report_html, report_markdown
from processors.support.day_report import DayReport, day_report
from schemas.social import PostReading
from schemas.support import MailTopic as Topic
from schemas.support import Suggestion, SupportTriage

MADRID = ZoneInfo("Europe/Madrid")
DAY = date(2026, 7, 4)
NOON = datetime(2026, 7, 4, 10, tzinfo=UTC)
"""12:00 in Madrid"""


def mail(number: int, topic: str | None, hours: float = 0.0, **fields: object) -> SupportTriage:
    base = SupportTriage(
        event_id=f"e{number}", message=f"m{number}", thread=f"t{number}", time=NOON + timedelta(hours=hours),
        language="es", priority="normal", model="m", summary=f"mail {number}", sentiment="neutral",
        topic=Topic(name=topic, confidence=0.9) if topic else None,
    )  # fmt: skip
    return msgspec.structs.replace(base, **fields)


def post(number: int, sentiment: str) -> PostReading:
    return PostReading(
        event_id=f"p{number}", post=f"p{number}", network="n", time=NOON, language="es", subject="queues",
        sentiment=sentiment, posts=5, negative_share=0.5, usual_share=0.1, change=4.0, model="m",  # type: ignore[arg-type]
    )  # fmt: skip


def make_report() -> DayReport:
    answered = Suggestion(answer="parking", text="There.", why="w", confidence=0.9)
    repeated = mail(15, "top-up", 9, thread="t10", priority="urgent", summary="no <b>saldo</b> | [phone]")
    mails = [
        *(mail(n, "parking", suggestion=answered) for n in range(4)),
        *(mail(10 + n, "top-up", 9, sentiment="negative", priority="high") for n in range(5)),
        repeated,
        repeated,  # the same result, sent again after a crash
        *(mail(20 + n, None, cluster="k", cluster_is_new=n == 0, cluster_label="globos", cluster_size=n + 1)
          for n in range(3)),
        mail(30, "parking", set_aside="spam"),
        mail(40, "parking", 13),  # 01:00 of the next day in Madrid
    ]  # fmt: skip
    return day_report(DAY, mails, [post(1, "negative"), post(2, "negative"), post(3, "positive")], MADRID)


def test_report_ranks_complaints_and_repeated_questions() -> None:
    report = make_report()
    assert (report.mails, report.set_aside, report.posts, report.negative) == (14, 1, 3, 5)
    assert [one.subject for one in report.product] == ["top-up", "queues"]
    worst = report.product[0]
    assert (worst.mails, worst.complaints, worst.again, worst.busiest) == (6, 6, 1, 21)
    assert [one.subject for one in report.training] == ["top-up", "other"]
    assert report.new == (("globos", 3),)


def test_pages_in_both_languages_escape_markup() -> None:
    report = make_report()
    names = {"top-up": {"es": "recargar <pulsera>"}}
    spanish, english = report_html(report, "es", names), report_markdown(report, "en", names)
    assert "<td>recargar &lt;pulsera&gt;</td>" in spanish
    assert "<td>queues</td>" in spanish
    assert "puntos débiles" in spanish
    assert "no <b>" not in spanish
    assert "21:00" in spanish
    assert "| top-up | 6 | 6 |" in english
    assert "no \\<b\\>saldo\\</b\\> \\| \\[phone\\]" in english
    assert "- globos: 3" in english
    assert "\n\n\n\n" not in english


def test_report_of_a_day_without_complaints_is_empty() -> None:
    report = day_report(DAY, [mail(1, "parking")], [], MADRID)
    assert not report.product
    assert "Nothing to point out." in report_markdown(report, "en", {})
    assert "Nada que destacar." in report_html(report, "es", {})
