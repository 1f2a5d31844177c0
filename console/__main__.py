"""Command `python -m console --port N`: run the console's server."""

from __future__ import annotations

import stream.runtime.process_limits  # noqa: F401 - before anything that loads a library

# isort: split

import argparse

import uvicorn

from console.server import build
from stream.runtime.addresses import listening_socket
from stream.runtime.console_certificate import check_certificate
from stream.runtime.settings import Settings


def main() -> None:
    """Serve the console until a signal stops it."""
    parser = argparse.ArgumentParser(prog="python -m console", description="Pulso's console")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument(
        "--open-demo", action="store_true", help="no login; for `pulso demo`, and on loopback whatever PULSO_BIND says"
    )
    arguments = parser.parse_args()
    settings = Settings()
    settings.configure_logging()
    settings = settings.connected()
    check_certificate(settings)
    host = "127.0.0.1" if arguments.open_demo else settings.bind
    config = uvicorn.Config(
        build(settings, open_demo=arguments.open_demo),
        log_config=None,
        log_level="warning",
        server_header=False,
        ssl_certfile=settings.console_certificate,
        ssl_keyfile=settings.console_key,
        # Pages stay connected for hours: they are disconnected, and come back when the console does.
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listening_socket(host, arguments.port, backlog=2048)])


main()
