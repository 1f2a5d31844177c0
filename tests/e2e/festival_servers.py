"""Servers and files of a test festival: a video file, an HTTP camera, a stage, a mailbox and a phone."""

from __future__ import annotations

import json
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from simulation.crowd_images import render_burst
from simulation.evening import Evening, clock
from simulation.stage_music import recorded_fragment
from stream.runtime.settings import ROOT
from tests.stream.sources.dovecot import Dovecot

EVENING = Evening()
FRAMES_PER_SECOND = 2
FAINTED = (
    b"Message-ID: <fainted@example.org>\r\nFrom: ana@example.org\r\nSubject: Help\r\n\r\n"
    b"My friend has fainted next to the main stage and does not wake up!\r\n"
)


class FestivalServers:
    """Context manager of the servers and files of a festival, with the venue file that names them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.notifications: list[str] = []
        """Notifications received by the phone."""
        self.camera_is_dead = False
        """True: the HTTP camera breaks off and refuses connections."""
        self._pictures = [jpeg for _, jpeg in render_burst(EVENING, "gate-east", "gate", clock("18:40"), 16)]
        ((_, self._sound),) = recorded_fragment(EVENING, "main", clock("20:30"))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._request_handler())
        self._server.daemon_threads = True
        self._address = f"http://127.0.0.1:{self._server.server_port}"
        self._mail_folder = folder / "mails"
        self._mail_folder.mkdir()
        self._imap: Dovecot | None = None
        if shutil.which("dovecot") or Path("/usr/sbin/dovecot").exists():
            (folder / "imap").mkdir()
            self._imap = Dovecot(folder / "imap")
        self.venue, self.contacts = folder / "my-festival.yaml", folder / "contacts.yaml"
        self.venue.write_text(yaml.safe_dump(self._venue_text(self._write_video(folder))), encoding="utf-8")
        phone = self._address.replace("http://", "json://")
        self.contacts.write_text(f"urls:\n  - {phone}/phone:\n     - tag: duty\n", encoding="utf-8")
        self.environment = {"PULSO_CONTACTS": str(self.contacts), "PULSO_MAILBOX_PASSWORD": "secret"}

    def __enter__(self) -> FestivalServers:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        if self._imap is not None:
            self._imap.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        if self._imap is not None:
            self._imap.stop()

    def deliver_mail(self, message: bytes) -> None:
        """Deliver a mail to an IMAP server or, where none is installed, to a folder."""
        if self._imap is not None:
            self._imap.deliver(message)
        else:
            (self._mail_folder / "1.eml").write_bytes(message)

    def _write_video(self, folder: Path) -> Path:
        file = folder / "gate.avi"
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), FRAMES_PER_SECOND, (640, 480))
        for jpeg in self._pictures:
            picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            assert picture is not None
            writer.write(picture)
        writer.release()
        return file

    def _venue_text(self, video: Path) -> dict[str, Any]:
        """Return the example venue file, with own addresses."""
        text = (ROOT / "deploy" / "venues" / "demo.yaml").read_text(encoding="utf-8")
        venue: dict[str, Any] = yaml.safe_load(text)
        urls = {"gate-east": str(video), "bar-square": f"{self._address}/camera.mjpg"}
        for camera in venue["cameras"]:
            if camera["id"] in urls:
                camera |= {"url": urls[camera["id"]], "frames_per_second": FRAMES_PER_SECOND}
        venue["stages"][0]["url"] = f"{self._address}/stage.ogg"
        mailbox = f"imap://support@127.0.0.1:{self._imap.port}/INBOX" if self._imap else str(self._mail_folder)
        venue["mailboxes"] = [{"url": mailbox, "poll_seconds": 1}]
        venue["contacts"] = [{"id": "duty", "audience": ["security"], "at_least": "high"}]
        return venue | {"name": "My festival"}

    def _request_handler(self) -> type[BaseHTTPRequestHandler]:
        servers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/camera.mjpg" and servers.camera_is_dead:
                    self.send_error(503)
                    return
                self.send_response(200)
                if self.path == "/stage.ogg":
                    self.send_header("content-type", "audio/ogg")
                    self.end_headers()
                    self.wfile.write(servers._sound)
                    return
                self.send_header("content-type", "multipart/x-mixed-replace; boundary=picture")
                self.end_headers()
                while True:
                    for jpeg in servers._pictures:
                        header = f"--picture\r\ncontent-type: image/jpeg\r\ncontent-length: {len(jpeg)}\r\n\r\n"
                        try:
                            self.wfile.write(header.encode() + jpeg + b"\r\n")
                        except OSError:
                            return
                        time.sleep(1 / FRAMES_PER_SECOND)
                        if servers.camera_is_dead:
                            return

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                servers.notifications.append(body["message"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        return Handler
