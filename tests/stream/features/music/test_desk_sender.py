"""Sending to lighting desks: dead and slow name servers, desks that are off, full queues, new addresses."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from stream.features.music import desk_sender
from stream.features.music.desk_sender import MAX_WAITING, Address, DeskSender, Value
from stream.features.music.lights import osc_messages


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.01)


class Desk:
    """UDP socket that receives messages."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(20)

    @property
    def address(self) -> Address:
        return socket.AF_INET, self.socket.getsockname()

    def receive(self) -> bytes:
        return self.socket.recv(2_000)


@pytest.fixture
def desk() -> Iterator[Desk]:
    one = Desk()
    yield one
    one.socket.close()


@pytest.fixture
def make_sender(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., DeskSender]]:
    monkeypatch.setattr(desk_sender, "FIRST_RETRY_SECONDS", 0.05)
    made: list[DeskSender] = []

    def make(
        resolve: Callable[[str, int], Address], dropped: Callable[[int], None] = lambda number: None
    ) -> DeskSender:
        made.append(DeskSender("desk", 8000, "lights of main", osc_messages, dropped, resolve))
        return made[-1]

    yield make
    for sender in made:
        sender.close()


FRAME: dict[str, Value] = {"/level": 0.5, "/bass": 0.1}


def test_name_server_that_does_not_answer_holds_up_nobody(make_sender: Callable[..., DeskSender]) -> None:
    answer, dropped = threading.Event(), list[int]()

    def resolve(host: str, port: int) -> Address:
        answer.wait(30)
        raise OSError("time-out")

    sender = make_sender(resolve, dropped.append)
    began = time.monotonic()
    for _ in range(1_000):
        sender.send_frame(FRAME)
    assert time.monotonic() - began < 1
    assert sum(dropped) >= 2 * (1_000 - MAX_WAITING)
    wait_until(lambda: sum(dropped) == 2_000)  # the rest grows old
    answer.set()


def test_values_that_last_arrive_once_the_name_is_known(make_sender: Callable[..., DeskSender], desk: Desk) -> None:
    tries: list[int] = []

    def resolve(host: str, port: int) -> Address:
        tries.append(port)
        if len(tries) < 3:
            raise OSError("no such name")
        return desk.address

    sender = make_sender(resolve)
    sender.send_lasting({"/mood": "sad"})
    sender.send_lasting({"/mood": "happy"})
    assert b"happy" in desk.receive()
    assert len(tries) == 3


def test_unknown_desk_is_logged_once(make_sender: Callable[..., DeskSender], caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []

    def resolve(host: str, port: int) -> Address:
        tries.append(port)
        raise UnicodeError("label too long")

    sender = make_sender(resolve)
    sender.send_lasting({"/mood": "sad"})
    wait_until(lambda: len(tries) >= 3)
    assert len([record for record in caplog.records if "can't be reached" in record.message]) == 1


def test_desk_that_is_off_is_counted_and_reached_again(make_sender: Callable[..., DeskSender], desk: Desk) -> None:
    """The kernel reports that nobody listens at the port (ICMP)."""
    off, dropped = Desk(), list[int]()
    off.socket.close()
    address = socket.AF_INET, ("127.0.0.1", 9)
    places = [address]
    sender = make_sender(lambda host, port: places[-1], dropped.append)

    def refused() -> bool:
        sender.send_frame(FRAME)
        return bool(dropped)

    wait_until(refused)
    places.append(desk.address)  # it comes back at another address

    def received() -> bool:
        sender.send_frame(FRAME)
        desk.socket.settimeout(0.05)
        try:
            return b"/level" in desk.receive()
        except TimeoutError:
            return False

    wait_until(received)


def test_old_address_is_used_while_a_name_is_resolved_again(
    make_sender: Callable[..., DeskSender], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_sender, "REFRESH_SECONDS", 0.0)
    again, answer = threading.Event(), threading.Event()
    calls: list[int] = []

    def resolve(host: str, port: int) -> Address:
        calls.append(port)
        if len(calls) > 1:
            again.set()
            answer.wait(30)
        return desk.address

    sender = make_sender(resolve)
    sender.send_frame(FRAME)
    assert desk.receive()
    sender.send_frame(FRAME)
    assert again.wait(20)
    desk.receive(), desk.receive()
    sender.send_lasting({"/mood": "happy"})
    wait_until(lambda: b"happy" in desk.receive())
    answer.set()
