"""The open demo: no login on this machine, and no access from other machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stream.local import LocalStack

pytestmark = pytest.mark.stack
HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a demo's console, where the settings configure listening on all addresses."""
    with LocalStack(
        tmp_path_factory.mktemp("demo"),
        workers=(),
        with_prometheus=False,
        open_demo=True,
        environment={"PULSO_BIND": "0.0.0.0"},
    ) as stack:
        yield stack.endpoints["console"]


def test_open_demo_needs_no_login_and_shows_a_notice(url: str) -> None:
    text = httpx.get(url, headers=HTML | {"accept-language": "en"}).text
    assert "Open demo: anyone at this computer" in text
    for path in ("/support", "/music", "/bar/north", "/history"):
        assert httpx.get(url + path, headers=HTML).status_code == 200


def test_open_demo_refuses_other_machines_and_sites(url: str) -> None:
    port = url.rsplit(":", 1)[1]
    assert httpx.get(url, headers=HTML | {"host": "pulso.example"}).status_code == 403, "a name that points here"
    assert httpx.get(url, headers=HTML | {"x-forwarded-for": "10.0.0.9"}).status_code == 403, "a proxy"
    assert httpx.post(f"{url}/api/alerts/act", json={}).status_code == 403, "no page of the console"
    assert httpx.post(f"{url}/api/alerts/act", json={}, headers={"origin": "https://evil.example"}).status_code == 403
    sockets = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
    listening = [line.split()[1] for line in sockets if line.split()[3] == "0A"]
    addresses = {one.split(":")[0] for one in listening if one.endswith(f":{int(port):04X}")}
    assert addresses == {"0100007F"}, "127.0.0.1 and nothing else"
