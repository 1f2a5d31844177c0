"""Prometheus' part: which pods are scraped, and the rules of deploy/prometheus/rules."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from stream.kubernetes.manifest import Manifest, manifest
from stream.runtime.settings import ROOT

RULES = ROOT / "deploy" / "prometheus" / "rules"


def monitoring() -> Iterator[Manifest]:
    """Yield the scraping of every process with metrics, and the rules of each file."""
    yield manifest(
        "monitoring.coreos.com/v1", "PodMonitor", "pulso",
        spec={
            "selector": {"matchLabels": {"app.kubernetes.io/part-of": "pulso"}},
            "podMetricsEndpoints": [
                {
                    "port": "metrics",
                    "interval": "5s",
                    # Rules and panels know a process by the labels `job` and `component`.
                    "relabelings": [
                        {"targetLabel": "job", "replacement": "pulso", "action": "replace"},
                        {
                            "sourceLabels": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"],
                            "targetLabel": "component",
                            "action": "replace",
                        },
                    ],
                }
            ],
        },
    )  # fmt: skip
    for file in sorted(RULES.glob("*.yml")):
        groups = yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        name = f"pulso-{file.stem}"
        yield manifest("monitoring.coreos.com/v1", "PrometheusRule", name, spec={"groups": groups})
