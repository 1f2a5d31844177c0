"""Tests of every panel query against a real Prometheus with Pulso's rules and one sample of every series."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import yaml

from schemas.alerts import AlertState
from stream.features import registry
from stream.local.child import Child
from stream.local.ports import Ports
from stream.local.prometheus import prometheus

FOLDER = Path(__file__).parent
DEPLOY = FOLDER.parent.parent / "deploy"
BOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
RULES = [
    rule
    for file in sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
RECORDED = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}
BUILT_IN_SERIES = {"up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes"}
"""Series of Prometheus itself and of its client library."""

GRAFANA = {"$__rate_interval": "20s"}
"""Grafana's own variables; those of a board become `.*`, as with All."""

PROMQL_KEYWORDS = {"and", "or", "unless", "bool", "offset"}


def series_of_code() -> dict[str, set[str]]:
    """Return the names in Prometheus of every declared series."""
    return {metric.name: set(metric.series) for metric in registry.metrics()}


def names_in(query: str) -> set[str]:
    """Return the series that a query uses."""
    stripped = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", query)
    stripped = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", stripped)
    return set(re.findall(r"(?<![\w:.])([A-Za-z_:][\w:]*)(?!\s*\()(?![\w:])", stripped)) - PROMQL_KEYWORDS


def board(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def queries() -> list[Any]:
    """Yield all queries with the name of their panel."""
    return [
        pytest.param(file, target["expr"], id=f"{file.stem}: {panel['title']} {target['refId']}")
        for file in BOARDS
        for panel in board(file)["panels"]
        for target in panel["targets"]
    ] + [
        pytest.param(file, one["expr"], id=f"{file.stem}: annotation {one['name']}")
        for file in BOARDS
        for one in board(file)["annotations"]["list"]
    ]


@pytest.fixture(scope="module")
def prometheus_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Client of a Prometheus that scrapes one sample of every series each second."""
    if shutil.which("prometheus") is None:
        pytest.skip("Prometheus is missing: `make setup`, or install the package prometheus")
    data = tmp_path_factory.mktemp("grafana")
    ports = Ports(data / "ports.json")
    port = ports.get("samples")
    samples = Child(
        name="samples",
        command=[sys.executable, str(FOLDER / "every_series.py"), str(port)],
        log=data / "samples.log",
        healthy=lambda: httpx.get(f"http://127.0.0.1:{port}/metrics").is_success,
        environment={"PYTHONPATH": str(DEPLOY.parent)},
    )
    server = prometheus(data, ports, {"bars": port}, scrape_seconds=1)
    try:
        for child in (samples, server):
            child.start()
        for child in (samples, server):
            child.wait_healthy()
        with httpx.Client(base_url=f"http://127.0.0.1:{ports.assigned('prometheus')}", timeout=10) as client:
            # These take longest: rates of two scrapes in a recording rule, and a firing alert.
            wait_for(client, "rule:pulso_alert_delay_seconds:p99_15m")
            wait_for(client, "worker:pulso_event_delay_seconds:p99_5m > 0")
            wait_for(client, 'ALERTS{alertstate="firing"}')
            yield client
    finally:
        for child in (server, samples):
            child.stop()


def query_prometheus(client: httpx.Client, query: str) -> Any:
    """Return Prometheus' response to a query, as Grafana receives it."""
    return client.post("/api/v1/query", data={"query": query}).json()


def wait_for(client: httpx.Client, query: str) -> None:
    deadline = time.monotonic() + 60
    while not query_prometheus(client, query)["data"]["result"]:
        assert time.monotonic() < deadline, f"{query} has no data"
        time.sleep(0.2)


@pytest.mark.stack
@pytest.mark.parametrize(("file", "query"), queries())
def test_panel_has_data(prometheus_client: httpx.Client, file: Path, query: str) -> None:
    for name, value in GRAFANA.items():
        query = query.replace(name, value)
    for variable in board(file)["templating"]["list"]:
        query = query.replace(f"${variable['name']}", variable["allValue"])
    assert "$" not in query, "an undefined variable"
    response = query_prometheus(prometheus_client, query)
    assert response["status"] == "success", response
    assert response["data"]["result"], f"no data for {query}"


@pytest.mark.parametrize(("file", "query"), queries())
def test_series_of_panels_exist(file: Path, query: str) -> None:
    known = set().union(*series_of_code().values(), RECORDED, BUILT_IN_SERIES)
    assert names_in(query)
    assert names_in(query) <= known, file.name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("record") or rule["alert"])
def test_series_of_rules_exist(rule: dict[str, Any]) -> None:
    known = set().union(*series_of_code().values(), RECORDED, BUILT_IN_SERIES)
    assert names_in(rule["expr"]) <= known


def test_label_values_exist() -> None:
    queried = [parameter.values[1] for parameter in queries()] + [rule["expr"] for rule in RULES]
    known = {
        "rule": set(registry.rules_by_name()),
        "state": set(get_args(AlertState)),
        "outcome": {"ok", "dead", "dropped"},
    }
    known["outcome"] |= {"sent", "failed"}  # of messages to phones
    for label, values in known.items():
        used = {value for query in queried for value in re.findall(rf'\b{label}="([^"]*)"', query)}
        assert used and used <= values, label


def test_panels_show_every_series() -> None:
    shown_series = set().union(*(names_in(parameter.values[1]) for parameter in queries()))
    while new := set().union(*(names_in(RECORDED[name]) for name in shown_series & set(RECORDED))) - shown_series:
        shown_series |= new
    assert [name for name, series in series_of_code().items() if not series & shown_series] == []


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_board_is_accepted_by_grafana(file: Path) -> None:
    content = board(file)
    (source,) = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text("utf-8"))[
        "datasources"
    ]
    occupied_cells: set[tuple[int, int]] = set()
    for panel in content["panels"]:
        assert panel["title"] and panel["datasource"]["uid"] == source["uid"]
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & occupied_cells, f"{panel['title']} lies on another panel"
        occupied_cells |= cells
    assert len({panel["id"] for panel in content["panels"]}) == len(content["panels"])
    for variable in content["templating"]["list"]:
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()  # type: ignore[union-attr]
        (definition,) = [one for one in registry.metrics() if one.name == metric.removesuffix("_total")]
        assert label in definition.labels


def test_boards_have_unique_names() -> None:
    general = {"control-room", "system-health"}
    assert {file.stem for file in BOARDS} - general <= {feature.name for feature in registry.features()}
    for key in ("uid", "title"):
        assert len({board(file)[key] for file in BOARDS}) == len(BOARDS)


def test_compose_mounts_what_grafana_provisioning_needs() -> None:
    service = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["grafana"]
    queried = {
        name
        for file in (DEPLOY / "grafana" / "provisioning").rglob("*.yml")
        for line in file.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for name in re.findall(r"\$\{(\w+)\}", line)
    }
    assert queried <= set(service["environment"])
    home = Path(service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert home.name in {file.name for file in BOARDS}
    mounted = [volume.split(":")[1] for volume in service["volumes"]]
    assert str(home.parent) in mounted and service["environment"]["PULSO_DASHBOARDS"] in mounted


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_boards_link_to_the_console(file: Path) -> None:
    assert any(link["type"] == "link" and link["title"] == "Console" for link in board(file)["links"])
