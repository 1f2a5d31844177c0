"""Support desk: every mail is triaged once, and the state row contains everything that a restart needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from processors.support.desk import SupportDesk
from processors.support.mail_analysis import analyze_mails
from processors.support.requests import RequestClassifier
from schemas.support import Mail, SupportTriage

START = datetime(2026, 7, 4, 18, tzinfo=UTC)
TEXTS = (
    "¿Dónde puedo aparcar el coche?",
    "Where can I park my car?",
    "Quiero que me devolváis el dinero de la entrada",
    "A woman fainted in front of the stage, send a doctor",
    "I want a refund of my ticket",
    "¿Hay aparcamiento cerca?",
)


def mail(number: int, text: str, **fields: object) -> Mail:
    return msgspec.convert(
        {"id": f"m{number}", "thread": f"t{number}", "time": START + timedelta(minutes=number), "text": text} | fields,
        Mail,
    )


def triage_all(
    desk: SupportDesk, requests: RequestClassifier, mails: list[Mail], first: int = 0
) -> list[SupportTriage | None]:
    return [desk.apply(read, first + i, f"e{first + i}") for i, read in enumerate(analyze_mails(mails, requests))]


def test_same_requests_share_a_cluster_across_languages(requests: RequestClassifier) -> None:
    triaged = [
        one
        for one in triage_all(SupportDesk(None, requests), requests, [mail(i, t) for i, t in enumerate(TEXTS)])
        if one
    ]
    assert [one.language for one in triaged] == ["es", "en", "es", "en", "en", "es"]
    assert triaged[0].cluster == triaged[1].cluster == triaged[5].cluster != triaged[2].cluster == triaged[4].cluster
    assert [one.priority for one in triaged].count("urgent") == 1
    assert triaged[3].priority == "urgent"
    assert triaged[5].cluster_size == 3
    assert (triaged[0].cluster_label, triaged[5].cluster_words) != ("", ())
    for one in triaged:
        msgspec.convert(msgspec.to_builtins(one), SupportTriage)


def test_repeated_mail_changes_nothing(requests: RequestClassifier) -> None:
    desk = SupportDesk(None, requests)
    mails = [mail(i, t) for i, t in enumerate(TEXTS)]
    triage_all(desk, requests, mails)
    assert triage_all(desk, requests, mails) == [None] * len(mails)  # the same offsets, after a crash
    assert triage_all(desk, requests, mails, len(mails)) == [None] * len(mails)  # the same messages, fetched again
    assert desk.mails == len(mails)
    assert sum(cluster.size for cluster in desk.clusters) == len(mails)


def test_restart_changes_no_result(requests: RequestClassifier) -> None:
    mails = [mail(i, t) for i, t in enumerate(TEXTS * 3)]
    uninterrupted = triage_all(SupportDesk(None, requests), requests, mails)
    first = SupportDesk(None, requests)
    before = triage_all(first, requests, mails[:7])
    restored = SupportDesk(first.to_row(), requests)
    assert before + triage_all(restored, requests, mails[7:], 7) == uninterrupted


def test_state_row_is_bounded_and_masked(requests: RequestClassifier) -> None:
    desk = SupportDesk(None, requests)
    words = np.random.default_rng(1).permutation([w for t in TEXTS for w in t.split()] * 40)
    mails = [mail(i, f"{' '.join(words[i : i + 30])} ana{i}@example.org 612345678") for i in range(250)]
    triage_all(desk, requests, mails)
    row = desk.to_row()
    assert len(row) < 300_000
    assert b"example.org" not in row
    assert b"612345678" not in row


def test_automatic_reply_starts_no_cluster(requests: RequestClassifier) -> None:
    desk = SupportDesk(None, requests)
    (triaged,) = triage_all(desk, requests, [mail(1, "I am out of office", automatic=True)])
    assert triaged is not None
    assert (triaged.cluster, triaged.priority, len(desk.clusters)) == (None, "low", 0)


def test_summary_of_long_urgent_mail_is_the_urgent_sentence(requests: RequestClassifier) -> None:
    text = (
        "Hola, buenas tardes. El año pasado vinimos con unos amigos y nos gustó mucho el sitio y la comida. "
        "Queríamos saber a qué hora abren el camping y si hay duchas. "
        "Ahora mismo hay un chico inconsciente en la zona C y no respira."
    )
    (triaged,) = triage_all(SupportDesk(None, requests), requests, [mail(1, text)])
    assert triaged is not None
    assert triaged.priority == "urgent"
    assert "inconsciente" in triaged.summary
