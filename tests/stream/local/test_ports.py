"""Where servers listen: free ports that no client can hold when one starts again."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stream.local import ports
from stream.local.ports import Ports


def test_ports_are_outside_the_ephemeral_range(tmp_path: Path) -> None:
    first, last = map(int, ports.EPHEMERAL_RANGE.read_text().split())
    found = Ports(tmp_path / "ports.json")
    given = {found.get(f"server {number}") for number in range(100)}
    assert len(given) == 100
    assert not [port for port in given if first <= port <= last]
    again = Ports(tmp_path / "ports.json")
    assert {again.get(f"server {number}") for number in range(100)} == given


def test_taken_port_is_not_assigned_again(tmp_path: Path) -> None:
    port = Ports(tmp_path / "ports.json").get("kafka")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert Ports(tmp_path / "ports.json").get("kafka") != port


def test_ports_use_any_where_all_are_ephemeral(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = tmp_path / "range"
    everything.write_text("1024\t65535\n")
    monkeypatch.setattr(ports, "EPHEMERAL_RANGE", everything)
    assert Ports(tmp_path / "ports.json").get("kafka") >= ports.MIN_PORT
