"""Prometheus series of support."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

MAILS = Counter("pulso_mails", "Mails read", ["language", "priority"])
SET_ASIDE = Counter("pulso_mails_set_aside", "Mails that are not answered: spam, phishing, automatic, loop", ["reason"])
REPEATED = Counter(
    "pulso_mails_repeated", "Mails that came again with the same id and content, and were not filed again"
)
OLD = Counter("pulso_mails_old", "Mails that were old when they were fetched: filed, without alert")
CLUSTERS = Gauge("pulso_mail_clusters", "Clusters alive")
CORRECTIONS = Counter("pulso_support_corrections", "What people taught the desk, or asked it to forget", ["action"])
