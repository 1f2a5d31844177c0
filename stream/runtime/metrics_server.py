"""HTTP server of /metrics, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from socket import AddressFamily
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from stream.runtime.addresses import address_family
from stream.runtime.metrics import READY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_metrics = make_wsgi_app()


class _SilentHandler(WSGIRequestHandler):
    """Handler that logs no requests."""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def metrics_app(environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer GET and HEAD (RFC 9110, 9.3.2), which the client library refuses and monitors send.

    `/ready` answers 200 once the worker of this process is ready, else 503.
    """
    if environment.get("PATH_INFO") == "/ready":
        ready = any(sample.value == 1 for family in READY.collect() for sample in family.samples)
        start_response("200 OK" if ready else "503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"ready\n" if ready else b"not ready\n"] if environment["REQUEST_METHOD"] != "HEAD" else []
    if environment["REQUEST_METHOD"] != "HEAD":
        page: Iterable[bytes] = _metrics(environment, start_response)
        return page
    _metrics({**environment, "REQUEST_METHOD": "GET"}, start_response)
    return []


def start_metrics_server(port: int, bind: str) -> WSGIServer:
    """Serve /metrics on an address of this machine; port 0 takes any free one."""

    class Server(ThreadingWSGIServer):
        address_family: AddressFamily = address_family(bind)

    server = make_server(bind, port, metrics_app, Server, handler_class=_SilentHandler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
