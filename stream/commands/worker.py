"""`pulso worker NAME`: one Faust worker in the foreground."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from stream.features import registry
from stream.features.clients import client_named
from stream.runtime.feature import load_reference
from stream.runtime.settings import Settings

log = logging.getLogger(__name__)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def worker(
        name: Annotated[str, typer.Argument(help="vision, bars, support, music, alerts, or one of another feature.")],
        metrics_port: Annotated[int, typer.Option(help="Port of /metrics.")] = 0,
    ) -> None:
        """Run one worker; further processes of the same name share its partitions."""
        if name not in registry.workers():
            raise typer.BadParameter(f"no worker is named {name!r}; there are {', '.join(registry.workers())}")
        run(name, metrics_port)


def run(name: str, metrics_port: int) -> None:
    """Build the worker and hand over to Faust, which ends the process."""
    # Faust and the models take a second to import: only the worker's process pays for it.
    import faust  # noqa: PLC0415
    import uvloop  # noqa: PLC0415

    from stream.runtime.faust_patches import install_shutdown_timeout  # noqa: PLC0415
    from stream.runtime.metrics_server import start_metrics_server  # noqa: PLC0415
    from stream.runtime.partitions import set_partitions  # noqa: PLC0415
    from stream.runtime.rate_limited_logging import rate_limit_logger  # noqa: PLC0415
    from stream.runtime.start_check import check_kafka  # noqa: PLC0415
    from stream.runtime.venue_file import read_venue  # noqa: PLC0415
    from stream.runtime.worker import Worker  # noqa: PLC0415

    settings = Settings().connected()
    settings.configure_logging()
    start_metrics_server(metrics_port, settings.bind)
    log.info("worker %s: loading the venue file, code and models", name)
    uvloop.install()
    venue = read_venue(settings.venue)
    check_kafka(settings, client_named(name), set_partitions(settings, venue))
    worker = Worker(name, settings, venue, buffer_events=registry.buffer_events(name))
    for reference in registry.agents_of(name):
        load_reference(reference)(worker)
    log.info("worker %s: connecting to Kafka at %s", name, settings.kafka)
    rate_limit_logger("aiokafka")
    process = faust.Worker(
        worker.app, loglevel=settings.log_level, logging_config=settings.logging_config(), redirect_stdouts=False
    )
    install_shutdown_timeout(process)
    process.execute_from_commandline()
