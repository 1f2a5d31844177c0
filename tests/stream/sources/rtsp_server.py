"""Smallest RTSP server (RFC 2326) that serves one sound to any number of clients, over the connection itself."""

from __future__ import annotations

import base64
import socketserver
import struct
import threading
import time
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

PACKET_SECONDS = 0.02


class RtspServer(socketserver.ThreadingTCPServer):
    """Serves samples as L16 at natural speed, again and again.

    Args:
        samples: int16 (n, channels).
        rate: Hz.
        password: of the user "mic"; anybody may listen if it is empty.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, samples: NDArray[np.int16], rate: int, password: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.samples, self.rate, self.password = samples, rate, password
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Address of the sound."""
        return f"rtsp://127.0.0.1:{self.server_address[1]}/stage"


class _Connection(socketserver.StreamRequestHandler):
    server: RtspServer

    def handle(self) -> None:
        with suppress(OSError, ValueError):
            while line := self.rfile.readline().decode():
                if line[0] == "$":  # a receiver's report
                    continue
                method = line.split()[0]
                headers = {}
                while (header := self.rfile.readline().decode().strip()) != "":
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                self.answer(method, headers)
                if method == "PLAY":
                    self.play()

    def answer(self, method: str, headers: dict[str, str]) -> None:
        login = base64.b64encode(f"mic:{self.server.password}".encode()).decode()
        if self.server.password and headers.get("authorization") != f"Basic {login}":
            self.reply(headers, "401 Unauthorized", 'WWW-Authenticate: Basic realm="mic"')
        elif method == "DESCRIBE":
            channels = self.server.samples.shape[1]
            body = (
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=stage\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 L16/{self.server.rate}/{channels}\r\na=control:track\r\n"
            )
            self.reply(headers, "200 OK", "Content-Type: application/sdp", body)
        elif method == "SETUP" and "TCP" not in headers["transport"]:
            self.reply(headers, "461 Unsupported transport")
        elif method == "SETUP":
            self.reply(headers, "200 OK", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        else:
            self.reply(headers, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")

    def reply(self, headers: dict[str, str], status: str, more: str = "X: y", body: str = "") -> None:
        head = f"RTSP/1.0 {status}\r\nCSeq: {headers['cseq']}\r\nSession: 1\r\n{more}\r\nContent-Length: {len(body)}"
        self.wfile.write(f"{head}\r\n\r\n{body}".encode())

    def play(self) -> None:
        size = int(PACKET_SECONDS * self.server.rate)
        began, number = time.monotonic(), 0
        while True:
            start = number * size % (len(self.server.samples) - size)
            payload = self.server.samples[start : start + size].astype(">i2").tobytes()
            packet = struct.pack(">BBHII", 0x80, 97, number & 0xFFFF, number * size & 0xFFFFFFFF, 7) + payload
            self.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
            number += 1
            time.sleep(max(0.0, began + number * PACKET_SECONDS - time.monotonic()))
