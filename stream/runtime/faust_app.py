"""Creation of the Faust app; each setting that differs from Faust's default has its reason."""

from __future__ import annotations

from typing import Any

import faust
from faust.auth import SASLCredentials, SSLCredentials

from schemas.topic import MEDIA_BYTES
from stream.runtime.settings import Settings


def faust_app(name: str, settings: Settings, *, buffer_events: int = 4096) -> faust.App:
    """Return a Faust app for one worker.

    Args:
        buffer_events: number of events read ahead of the agents.
    """
    servers = ";".join(f"kafka://{server}" for server in str(settings.kafka).split(","))
    credentials: Any = None
    if settings.kafka_security_protocol.startswith("SASL"):
        password = settings.kafka_password.get_secret_value() if settings.kafka_password else ""
        credentials = SASLCredentials(
            username=settings.kafka_username,
            password=password,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=settings.ssl_context(),
        )
    elif settings.kafka_security_protocol == "SSL":
        credentials = SSLCredentials(context=settings.ssl_context())
    folder = settings.data / "faust" / name
    folder.mkdir(parents=True, exist_ok=True)
    return faust.App(
        f"pulso-{name}",
        broker=servers,
        broker_credentials=credentials,
        datadir=str(folder),
        store="memory://",  # state is small; the changelog in Kafka is its durable copy
        value_serializer="raw",
        key_serializer="raw",
        processing_guarantee="at_least_once",
        stream_wait_empty=False,  # True stalls rebalances (faust-streaming 133)
        stream_recovery_delay=0,
        stream_buffer_maxsize=buffer_events,
        stream_processing_timeout=600,
        broker_session_timeout=6,  # a killed worker's partitions are free after this
        broker_heartbeat_interval=2,
        broker_commit_interval=1,
        topic_replication_factor=settings.kafka_replication,
        topic_disable_leader=True,
        producer_max_request_size=MEDIA_BYTES,
        consumer_max_fetch_size=MEDIA_BYTES,
        producer_compression_type="lz4",
        consumer_auto_offset_reset="earliest",
        web_enabled=False,  # it would show table data to anyone; /metrics has its own server
    )
