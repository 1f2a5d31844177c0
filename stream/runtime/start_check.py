"""Check of Kafka at the start of a client: its rights, and the partitions of the topics that it reads and writes.

Without it a missing right shows as an exception of the client library, again and again, or as nothing at all.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from schemas.errors import PulsoError
from stream.features.clients import Acl, Client
from stream.runtime.kafka_clients import make_admin
from stream.runtime.settings import Settings

log = logging.getLogger(__name__)

CHECK_SECONDS = 15.0
"""Time-out of the check. A client that does not reach Kafka starts without it, and waits for Kafka as ever."""

DENIED = frozenset({KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED})


class KafkaRightsError(PulsoError):
    """Kafka does not grant a client what it needs. The message says what to grant."""


class PartitionsError(PulsoError):
    """A topic has other partitions in Kafka than the settings say. The message says how to bring them together."""


def check_kafka(settings: Settings, client: Client, partitions: Mapping[str, int]) -> None:
    """Check the rights of a client, and the partitions of its topics.

    Topics that Kafka does not have are not checked: they may be created while the client starts.

    Args:
        partitions: number of partitions of each topic, as set.

    Raises:
        KafkaRightsError: A right is missing.
        PartitionsError: A topic has another number of partitions.
    """
    admin = make_admin({**settings.librdkafka(), "log_level": 0})
    found: dict[str, int] = {}
    denied: list[str] = []
    try:
        found, denied = _topics(admin, [acl for acl in client.acls if acl.resource == "topic"])
        denied += _groups(admin, [acl for acl in client.acls if acl.resource == "group"])
    except KafkaException as error:
        log.warning("not all rights in Kafka could be checked: %s", error)
    if denied:
        user = settings.kafka_username or "this client, which has no user name,"
        raise KafkaRightsError(
            f"Kafka does not let {user} {'; '.join(sorted(denied))}: grant it (Kubernetes: KafkaUser {client.user})"
        )
    wrong = [
        f"{name} has {number} in Kafka and {partitions[name]} in the settings"
        for name, number in sorted(found.items())
        if number != partitions.get(name, number)
    ]
    if wrong:
        raise PartitionsError(
            f"partitions differ: {'; '.join(wrong)}. Set PULSO_PARTITIONS or `partitions` in the venue file to what "
            "Kafka has, or run `pulso topics --grow` while the workers are stopped"
        )


def start_rights_check(settings: Settings, client: Client) -> None:
    """Check the rights of sources or a console beside their work: they go on with what they may do."""
    threading.Thread(target=log_missing_rights, args=(settings, client), name="rights", daemon=True).start()


def log_missing_rights(settings: Settings, client: Client) -> None:
    """Log the rights that a client misses."""
    try:
        check_kafka(settings, client, {})
    except KafkaRightsError as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence says all


def _topics(admin: AdminClient, acls: Iterable[Acl]) -> tuple[dict[str, int], list[str]]:
    """Return the partitions of each topic that is there, and a phrase for each right that is missing."""
    wanted = {acl.name: acl for acl in acls}
    futures = admin.describe_topics(
        TopicCollection(list(wanted)), include_authorized_operations=True, request_timeout=CHECK_SECONDS
    )
    found: dict[str, int] = {}
    denied: list[str] = []
    for name, future in futures.items():
        try:
            description = future.result()
        except KafkaException as error:
            code = error.args[0].code()
            if code in DENIED:
                denied.append(_phrase(wanted[name], wanted[name].operations))
            elif code != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
            continue
        found[name] = len(description.partitions)
        denied += _missing(wanted[name], description.authorized_operations)
    return found, denied


def _groups(admin: AdminClient, acls: Iterable[Acl]) -> list[str]:
    """Return a phrase for each right on consumer groups that is missing."""
    wanted = {acl.name: acl for acl in acls}
    if not wanted:
        return []
    futures = admin.describe_consumer_groups(
        list(wanted), include_authorized_operations=True, request_timeout=CHECK_SECONDS
    )
    denied: list[str] = []
    for name, future in futures.items():
        try:
            operations = future.result().authorized_operations
        except KafkaException as error:
            code = error.args[0].code()
            if code in DENIED:
                denied.append(_phrase(wanted[name], wanted[name].operations))
            elif code != KafkaError.GROUP_ID_NOT_FOUND:
                raise
            continue
        denied += _missing(wanted[name], operations)
    return denied


def _missing(acl: Acl, granted: Any) -> list[str]:
    """Return a phrase for the operations that are not granted; none where the broker does not tell."""
    if not granted:
        return []
    names = {operation.name.replace("_", "").lower() for operation in granted}
    operations = [operation for operation in acl.operations if operation.lower() not in names]
    return [_phrase(acl, operations)] if operations else []


def _phrase(acl: Acl, operations: Iterable[str]) -> str:
    return f"{' and '.join(operation.lower() for operation in operations)} the {acl.resource} {acl.name}"
