"""Prometheus with the scrape configuration and rules of deploy/prometheus."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template

import httpx
import yaml

from stream.local.child import Child, missing_program
from stream.local.ports import Ports
from stream.runtime.local_http import get_local
from stream.runtime.settings import ROOT

DEPLOY = ROOT / "deploy" / "prometheus"


def prometheus(
    data: Path, ports: Ports, targets: Mapping[str, int], *, host: str = "127.0.0.1", scrape_seconds: int = 5
) -> Child:
    """Return a server that scrapes `targets` and stores its series in `data`/prometheus.

    Args:
        data: data folder of the stack.
        ports: ports of the stack.
        targets: component → port.
        host: host of the targets, as it stands in a URL.
        scrape_seconds: interval of the scrapes.

    Raises:
        ChildError: The program is missing.
    """
    server = shutil.which("prometheus")
    if server is None:
        raise missing_program("Prometheus", "prometheus", "PULSO_PROMETHEUS")
    folder = data / "prometheus"
    folder.mkdir(parents=True, exist_ok=True)
    port = ports.get("prometheus", 9090)
    groups = [{"targets": [f"{host}:{target}"], "labels": {"component": job}} for job, target in targets.items()]
    (folder / "targets.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    template = Template((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
    text = template.substitute(
        scrape_interval=f"{scrape_seconds}s",
        rules=glob_literal(DEPLOY / "rules"),
        targets=glob_literal(folder / "targets.yml"),
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
        healthy=lambda: get_local(f"{url}/-/ready", timeout=10).status_code == httpx.codes.OK,
    )


def glob_literal(path: Path) -> str:
    r"""Return a path for a double-quoted text of Prometheus's configuration, which is a pattern of file names.

    >>> print(glob_literal(Path("/home/ana/año [2026]")))
    /home/ana/año \\[2026]
    """
    text = os.fsencode(path).decode()  # Prometheus reads UTF-8, whatever the locale
    return json.dumps(re.sub(r"([*?\[\\])", r"\\\1", text), ensure_ascii=False)[1:-1]
