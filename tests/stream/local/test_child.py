"""Start of a child process: as slow as the machine, but given up without progress."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from stream.local import child as child_module
from stream.local.child import Child, ChildError
from stream.local.progress import StartProgress, process_times

GIVE_UP_SECONDS = 1.0
SLOW_START = """
import subprocess, sys, time
from pathlib import Path
BUSY = "import time; end = time.monotonic() + 3\\nwhile time.monotonic() < end: pass"
end = time.monotonic() + {seconds}
number = 0
while time.monotonic() < end:
    {work}
    number += 1
Path(sys.argv[1]).touch()
time.sleep(600)
"""


def child_that(work: str, folder: Path, seconds: float = 4) -> Child:
    """Return a child that does some work for a while, and is healthy afterwards."""
    ready = folder / "ready"
    return Child(
        name="music",
        command=[sys.executable, "-u", "-c", SLOW_START.format(work=work, seconds=seconds), str(ready)],
        log=folder / "música" / "music.log",
        healthy=ready.exists,
        start_seconds=GIVE_UP_SECONDS,
    )


@pytest.mark.parametrize(
    "work",
    [
        "sum(range(100_000))",
        "subprocess.run([sys.executable, '-c', BUSY])",
        "print('step', chr(97 + number % 26) * number); time.sleep(0.2)",
    ],
    ids=["busy", "busy child process", "new log lines"],
)
def test_start_that_makes_progress_is_waited_for(work: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "REPORT_SECONDS", 1.0)
    child, reports = child_that(work, tmp_path), list[str]()
    child.start()
    try:
        child.wait_healthy(reports.append)
    finally:
        child.kill()
    assert reports and all("music is not ready after" in text for text in reports)
    assert ("last log line: step" if "print" in work else "no log line yet") in reports[-1]


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        ("time.sleep(0.2)", "is empty"),
        ("print(f'attempt {{number}} failed'); time.sleep(0.2)", "last log line: attempt"),
    ],
    ids=["idle", "the same line again and again"],
)
def test_start_without_progress_is_given_up(work: str, reason: str, tmp_path: Path) -> None:
    child = child_that(work.replace("{{", "{").replace("}}", "}"), tmp_path, seconds=600)
    child.start()
    began = time.monotonic()
    try:
        with pytest.raises(ChildError, match=r"music was not ready .* made no progress in the last 1 s") as raised:
            child.wait_healthy()
    finally:
        child.kill()
    assert reason in str(raised.value)
    assert time.monotonic() - began < 60


def test_child_that_ends_is_reported_at_once(tmp_path: Path) -> None:
    child = Child(name="music", command=["false"], log=tmp_path / "music.log", healthy=lambda: False)
    child.start()
    with pytest.raises(ChildError, match=r"music ended while it started; .*is empty"):
        child.wait_healthy()


def test_waiting_for_a_core_and_the_disk_counts_as_busy(tmp_path: Path) -> None:
    """The kernel's files of a process with a space and a parenthesis in its name."""
    folder = tmp_path / "7"
    (folder / "task" / "7").mkdir(parents=True)
    (folder / "stat").write_text(f"7 (pulso (music) x) R 1 7 7 {' '.join(str(n) for n in range(7, 55))}")
    (folder / "task" / "7" / "schedstat").write_text("123 4000000000 9")
    times = process_times(7, tmp_path)
    assert times.waited == 4.0
    assert times.cpu > 0 and times.disk > 0
    assert process_times(8, tmp_path).total == 0
    assert not StartProgress(tmp_path / "none.log").advanced(2**22 + 1, 5)
