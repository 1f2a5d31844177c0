"""Prometheus with our scrape configuration and rules."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template

import httpx
import yaml

from stream.local.child import Child, ChildError
from stream.local.ports import Ports
from stream.runtime.settings import ROOT

DEPLOY = ROOT / "deploy" / "prometheus"


def prometheus(data: Path, ports: Ports, targets: Mapping[str, int], *, scrape_seconds: int = 5) -> Child:
    """A server that scrapes `targets` (job → port on loopback) and keeps its series in `data`/prometheus.

    Raises:
        ChildError: the program is missing.
    """
    server = shutil.which("prometheus")
    if server is None:
        raise ChildError("Prometheus is missing: run `make setup`, or install the package prometheus")
    folder = data / "prometheus"
    folder.mkdir(parents=True, exist_ok=True)
    port = ports.get("prometheus", 9090)
    groups = [{"targets": [f"127.0.0.1:{at}"], "labels": {"component": job}} for job, at in targets.items()]
    (folder / "targets.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    template = Template((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
    text = template.substitute(
        scrape_interval=f"{scrape_seconds}s", rules=DEPLOY / "rules", targets=folder / "targets.yml"
    )
    (folder / "prometheus.yml").write_text(text, encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    return Child(
        name="prometheus",
        command=[
            server,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=15d",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ],
        log=data / "logs" / "prometheus.log",
        healthy=lambda: httpx.get(f"{url}/-/ready", timeout=1).status_code == httpx.codes.OK,
    )
