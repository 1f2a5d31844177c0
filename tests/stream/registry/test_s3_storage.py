"""The model store on a real S3 server: the gateway versitygw on a folder, where it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from processors.models.inference import read_card
from stream.local.ports import Ports
from stream.registry.model_store import SHIPPED, open_model_store
from stream.registry.object_storage import ObjectStorageError, S3Storage
from stream.runtime.settings import Settings
from tests.stream.conftest import make_candidate

PROGRAM = os.environ.get("PULSO_S3_SERVER") or shutil.which("versitygw")
BUCKET = "pulso-models"
TIMEOUT_S = 60.0

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs versitygw: docs/operate/models.md says how to build it")


class S3Server:
    """One server on a folder; it can be stopped and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "buckets" / BUCKET).mkdir(parents=True)

    def start(self) -> None:
        command = [
            str(PROGRAM), "--access", "pulso", "--secret", "secret-of-tests", "--region", "us-east-1",
            "--port", f"127.0.0.1:{self._port}", "posix", str(self._folder / "buckets"),
        ]  # fmt: skip
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                httpx.get(f"http://127.0.0.1:{self._port}/")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self._folder / "log").read_text())

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(TIMEOUT_S)
            self.process = None


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    port = Ports(tmp_path / "ports.json").get("s3")
    for name, value in (
        ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}"), ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "pulso"), ("AWS_SECRET_ACCESS_KEY", "secret-of-tests"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    one = S3Server(tmp_path / "s3", port)
    one.start()
    try:
        yield one
    finally:
        one.stop()


def test_objects_are_written_read_listed_and_replaced_as_they_were_read(server: S3Server) -> None:
    one, two = S3Storage(f"s3://{BUCKET}/here"), S3Storage(f"s3://{BUCKET}/here")
    assert one.get("a/b") is None
    assert one.replace("a/b", b"1", None)
    assert not two.replace("a/b", b"2", None), "it exists by now"
    found = two.get("a/b")
    assert found is not None and found.body == b"1"
    assert two.replace("a/b", b"2", found)
    assert not one.replace("a/b", b"3", found), "it has changed since"
    one.put("a/large", bytes(12 * 2**20))
    assert one.names("a/") == ["a/b", "a/large"]
    assert S3Storage(f"s3://{BUCKET}/elsewhere").names("a/") == []


def test_promotion_reaches_other_machines_and_survives_the_server(
    server: S3Server, shipped_models: Path, tmp_path: Path
) -> None:
    url = f"s3://{BUCKET}/venue"
    machines = [Settings(data=tmp_path / name, model_store=url) for name in ("one", "two")]
    one, two = (open_model_store(settings, shipped_models) for settings in machines)
    folder = make_candidate(tmp_path / "candidate", "mood")
    version = one.promote("mood", folder, read_card(folder).sha256, {"f1": 1.0}, "ana")
    two.refresh(["mood"])
    assert two.pointer("mood").version == version
    server.stop()
    again = open_model_store(machines[1], shipped_models)
    again.refresh(["mood"])
    assert again.problem
    assert read_card(again.folder("mood")).sha256[:12] == version
    assert again.roll_back("mood", by="worker", off=version) == SHIPPED
    with pytest.raises(ObjectStorageError):
        one.roll_back("mood", by="ana")
    server.start()
    for store in (again, one):
        store.refresh(["mood"])
        assert (store.pointer("mood").version, store.problem) == (SHIPPED, "")


def test_wrong_key_and_missing_bucket_are_said(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ObjectStorageError, match=r"s3://nowhere/x/a"):
        S3Storage("s3://nowhere/x").put("a", b"")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(ObjectStorageError, match="s3://"):
        S3Storage(f"s3://{BUCKET}/x").get("a")
