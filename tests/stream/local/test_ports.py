"""Ports of the local servers: free, and outside the range of client ports, so that a restart can bind them."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stream.local import ports
from stream.local.ports import Ports


def test_ports_are_outside_the_ephemeral_range(tmp_path: Path) -> None:
    first, last = map(int, ports.EPHEMERAL_RANGE.read_text().split())
    ports_file = Ports(tmp_path / "ports.json")
    assigned = {ports_file.get(f"server {number}") for number in range(100)}
    assert len(assigned) == 100
    assert not [port for port in assigned if first <= port <= last]
    reloaded = Ports(tmp_path / "ports.json")
    assert {reloaded.get(f"server {number}") for number in range(100)} == assigned


def test_taken_port_is_not_assigned_again(tmp_path: Path) -> None:
    port = Ports(tmp_path / "ports.json").get("kafka")
    with socket.socket() as blocker:
        blocker.bind(("127.0.0.1", port))
        blocker.listen()
        assert Ports(tmp_path / "ports.json").get("kafka") != port


def test_ports_use_any_where_all_are_ephemeral(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    range_file = tmp_path / "range"
    range_file.write_text("1024\t65535\n")
    monkeypatch.setattr(ports, "EPHEMERAL_RANGE", range_file)
    assert Ports(tmp_path / "ports.json").get("kafka") >= ports.MIN_PORT
