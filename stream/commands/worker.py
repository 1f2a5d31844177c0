"""`pulso worker NAME`: one Faust worker in the foreground."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer

from stream.runtime.settings import Settings

WORKERS = ("vision", "bars", "support", "music", "alerts")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def worker(
        name: Annotated[str, typer.Argument(help=f"One of {', '.join(WORKERS)}.")],
        metrics_port: Annotated[int, typer.Option(help="Port of /metrics.")] = 0,
    ) -> None:
        """Run one worker; more processes of the same name share its partitions."""
        if name not in WORKERS:
            raise typer.BadParameter(f"no worker is called {name!r}; there are {', '.join(WORKERS)}")
        run(name, metrics_port)


def run(name: str, metrics_port: int) -> None:
    """Build the worker and hand over to Faust, which ends the process."""
    # Faust and the models take a second to import: only who runs a worker pays for it.
    import faust  # noqa: PLC0415
    import uvloop  # noqa: PLC0415
    from prometheus_client import start_http_server  # noqa: PLC0415

    from stream.runtime.rate_limited_logging import calm  # noqa: PLC0415
    from stream.runtime.shutdown import end_soon_after_a_signal  # noqa: PLC0415
    from stream.runtime.venue_file import read_venue  # noqa: PLC0415
    from stream.runtime.worker import Worker  # noqa: PLC0415

    settings = Settings().connected()
    start_http_server(metrics_port, addr=settings.bind)
    uvloop.install()
    module = importlib.import_module(f"stream.workers.{name}")
    one = Worker(name, settings, read_venue(settings.venue), buffer=module.BUFFER)
    module.register(one)
    calm("aiokafka")
    process = faust.Worker(one.app, loglevel="INFO", redirect_stdouts=False)
    end_soon_after_a_signal(process)
    process.execute_from_commandline()
