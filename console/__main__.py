"""`python -m console --port N`."""

from __future__ import annotations

import argparse

import uvicorn

from console.server import build
from stream.settings import Settings


def main() -> None:
    """Serve the console until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m console", description="Pulso's console")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    settings = Settings().connected()
    uvicorn.run(build(settings), host=settings.bind, port=arguments.port, log_level="warning", server_header=False)


main()
