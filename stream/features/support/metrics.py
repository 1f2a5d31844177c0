"""Prometheus series of support."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

MAILS = Counter("pulso_mails", "Mails read", ["language", "priority"])
CLUSTERS = Gauge("pulso_mail_clusters", "Clusters alive")
CORRECTIONS = Counter("pulso_support_corrections", "What people taught the desk, or asked it to forget", ["action"])
