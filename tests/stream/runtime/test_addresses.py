"""Addresses that servers listen on: any of this machine, and the same one in every part of the stack."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import cast

import httpx
import pytest

from schemas.venue import Venue
from stream.local.ports import Ports
from stream.local.prometheus import prometheus
from stream.runtime.addresses import AddressError, check_bind, is_free, listening_socket, local_host
from stream.runtime.local_http import get_local
from stream.runtime.metrics_server import start_metrics_server
from stream.runtime.settings import Settings
from stream.sources.source import EventSink
from stream.sources.till_server import TillServer

HAS_IPV6 = socket.has_dualstack_ipv6() and is_free(0, "::1")
BINDS = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "localhost", *(["::1", "::"] if HAS_IPV6 else [])]
VENUE = Venue(name="Test")
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def absent_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxy that does not answer, in every variable."""
    for name in PROXIES:
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("bind", BINDS)
@pytest.mark.usefixtures("absent_proxy")
def test_metrics_are_reached_on_every_address_without_proxy(bind: str) -> None:
    server = start_metrics_server(0, bind)
    try:
        url = f"http://{local_host(bind)}:{server.server_port}/metrics"
        page = get_local(url, timeout=20)
        assert page.is_success and "python_info" in page.text
        head = httpx.head(url, timeout=20, trust_env=False)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"].startswith("text/plain")
        assert httpx.post(url, timeout=20, trust_env=False).status_code == 405
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")
def test_all_addresses_of_ipv6_include_those_of_ipv4() -> None:
    with listening_socket("::", 0) as server, socket.create_connection(("127.0.0.1", server.getsockname()[1]), 10):
        pass


@pytest.mark.parametrize(
    "bind", ["203.0.113.7", "http://127.0.0.1", "127.0.0.1:8080", "*", "no such host", "2001:db8::9"]
)
def test_address_of_another_machine_is_refused_with_remedy(bind: str) -> None:
    with pytest.raises(AddressError, match=r"PULSO_BIND=.*0\.0\.0\.0 for all of them"):
        check_bind(bind)


def test_brackets_and_spaces_around_an_address_are_accepted() -> None:
    assert Settings(bind=" [::1] ").bind == "::1"


def test_port_that_is_taken_on_the_address_is_not_assigned(tmp_path: Path) -> None:
    port = Ports(tmp_path / "ports.json", bind="127.0.0.2").get("console")
    with socket.create_server(("127.0.0.2", port)):
        assert is_free(port)
        assert Ports(tmp_path / "ports.json", bind="127.0.0.2").get("console") != port
        assert Ports(tmp_path / "ports.json", bind="0.0.0.0").get("console") != port


@pytest.mark.parametrize("bind", BINDS)
def test_url_of_the_till_endpoint_can_be_called(bind: str) -> None:
    server = TillServer(VENUE, port=0, token="secret", bind=bind)
    with socket.create_connection((local_host(bind).strip("[]"), server.port), timeout=10):
        assert server.url == f"http://{local_host(bind)}:{server.port}/v1/tickets"


def test_prometheus_scrapes_ipv6_and_reads_a_folder_of_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    (tmp_path / "prometheus").write_text("#!/bin/sh\n")
    (tmp_path / "prometheus").chmod(0o755)
    folder = tmp_path / "año [1] #2"
    folder.mkdir()
    prometheus(folder, Ports(folder / "ports.json"), {"bars": 9100}, host="[::1]")
    assert "- '[::1]:9100'" in (folder / "prometheus" / "targets.yml").read_text(encoding="utf-8")
    configuration = (folder / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    assert r'/año \\[1] #2/prometheus/targets.yml"' in configuration


async def test_health_of_the_till_endpoint_answers_head() -> None:
    app = TillServer(VENUE, port=0, token="secret")._app(cast(EventSink, None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        assert [(await client.request(method, "/healthz")).status_code for method in ("HEAD", "GET", "POST")] == [
            200, 200, 405,
        ]  # fmt: skip
