"""Old mail is filed and clustered, and neither alarms nor makes a surge; a mail counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from processors.support.desk import SupportDesk
from processors.support.mail_analysis import analyze_mails
from processors.support.requests import RequestClassifier
from processors.support.rules import measure_surge, measure_urgency
from schemas.support import Mail, SupportTriage
from schemas.venue import Venue
from tests.processors.support.test_desk import TEXTS

NOW = datetime(2026, 7, 4, 20, tzinfo=UTC)
VENUE = Venue(name="Test")


def file_all(desk: SupportDesk, requests: RequestClassifier, mails: list[Mail], first: int = 0) -> list[SupportTriage]:
    triaged = [desk.apply(one, first + n, f"e{first + n}") for n, one in enumerate(analyze_mails(mails, requests))]  # type: ignore[arg-type]
    return [one for one in triaged if one is not None]


def mail(number: int, text: str, at: datetime, *, old: bool = False) -> Mail:
    return Mail(id=f"m{number}", thread=f"t{number}", time=at, sender=f"p{number}@x.org", text=text, old=old)


def test_old_mail_is_filed_and_measured_by_no_rule(requests: RequestClassifier) -> None:
    text = "Una chica se ha desmayado delante del escenario"
    desk = SupportDesk(None, requests)
    old, fresh = file_all(desk, requests, [mail(1, text, NOW - timedelta(days=700), old=True), mail(2, text, NOW)])
    assert (old.priority, old.old, old.surge, old.suggestion) == ("urgent", True, 0.0, None)
    assert old.cluster == fresh.cluster
    assert [list(measure_urgency(old, VENUE)), list(measure_surge(old, VENUE))] == [[], []]
    assert [one.value for one in measure_urgency(fresh, VENUE)] == [1.0]


def test_old_mail_makes_no_surge(requests: RequestClassifier) -> None:
    """The newest comes first, so that the times of old mail run backwards behind that of a fresh one."""
    mails = [mail(0, TEXTS[0], NOW)]
    mails += [mail(n, TEXTS[n % 6], NOW - timedelta(days=30, minutes=n), old=True) for n in range(1, 60)]
    mails += [mail(60, TEXTS[0], NOW + timedelta(minutes=1))]
    triaged = file_all(SupportDesk(None, requests), requests, mails)
    assert triaged[-1].cluster_size > 12
    arriving = [msgspec.structs.replace(one, old=False) for one in mails]
    surge = max(one.surge for one in file_all(SupportDesk(None, requests), requests, arriving))
    assert max(one.surge for one in triaged) < surge / 3


def test_desk_of_old_mail_only_has_no_rate(requests: RequestClassifier) -> None:
    desk = SupportDesk(None, requests)
    file_all(
        desk, requests, [mail(n, "¿Hay autobuses de vuelta?", NOW - timedelta(days=9), old=True) for n in range(9)]
    )
    restored = SupportDesk(desk.to_row(), requests)
    (fresh,) = file_all(restored, requests, [mail(50, "¿Hay autobuses de vuelta?", NOW)], 50)
    alone = file_all(SupportDesk(None, requests), requests, [mail(50, "¿Hay autobuses de vuelta?", NOW)])[0]
    assert fresh.cluster_size == 10
    assert fresh.surge == alone.surge


def test_thousands_of_mails_that_come_again_are_filed_once(requests: RequestClassifier) -> None:
    desk = SupportDesk(None, requests)
    (analysis,) = analyze_mails([mail(0, "¿Hay bus?", NOW)], requests)

    def file_again(first: int) -> int:
        filed = 0
        for number in range(3_300):
            named = msgspec.structs.replace(analysis.mail, id=f"a{number}", sender=f"p{number}@x.org", automatic=True)
            one = msgspec.structs.replace(analysis, mail=named, automatic=True)
            filed += desk.apply(one, first + number, f"e{first + number}") is not None  # type: ignore[arg-type]
        return filed

    assert (file_again(0), file_again(3_300)) == (3_300, 0)
    assert len(desk.to_row()) < 150_000
