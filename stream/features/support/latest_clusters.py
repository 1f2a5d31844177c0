"""Latest clusters of the support desk: written by the support worker, read by the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from schemas.cloudevents import Envelope
from schemas.support import CLUSTERS, ClusterOverview, ClusterSummary
from stream.runtime.effects import OutputRecord
from stream.runtime.record import try_decode_payload
from stream.runtime.settings import Settings
from stream.runtime.topic_reader import read_all

if TYPE_CHECKING:
    from processors.support.cluster import Cluster


def overview_output(cause: Envelope, clusters: Iterable[Cluster]) -> OutputRecord:
    """Return the output that states the clusters after the event that changed them."""
    overview = ClusterOverview(time=cause.time, clusters=tuple(cluster.summary() for cluster in clusters))
    return OutputRecord(CLUSTERS, "desk", overview, cause)


def latest_clusters(settings: Settings) -> Sequence[ClusterSummary]:
    """Return the current clusters; none before the first mail.

    Raises:
        MissingTopicError: The topic does not exist yet.
        TimeoutError: The broker does not answer.
    """
    decoder = msgspec.json.Decoder(ClusterOverview)
    overview: ClusterOverview | None = None
    for message in read_all(settings, CLUSTERS.name):
        overview = try_decode_payload(decoder, message.value(), CLUSTERS.event_type) or overview
    return overview.clusters if overview else ()
