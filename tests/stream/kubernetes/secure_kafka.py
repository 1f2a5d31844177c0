"""A real Kafka with TLS, SCRAM and its StandardAuthorizer, and the users and rights of `stream.features.clients`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from schemas.topic import MEDIA_BYTES
from stream.features.clients import Acl, Client
from stream.local.child import Child
from stream.local.kafka import fetch_jars
from stream.local.ports import Ports
from stream.runtime.settings import ROOT

ADMIN, ADMIN_PASSWORD = "admin", "of the administrator"


def password_of(client: Client) -> str:
    """Return the password of a client's user."""
    return f"only for {client.user}"


def connection_of(ports: Ports, authority: Path, user: str, password: str) -> dict[str, str]:
    """Return the variables with which a client of Pulso connects as a user."""
    return {
        "PULSO_KAFKA": f"127.0.0.1:{ports.assigned('kafka')}",
        "PULSO_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "PULSO_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "PULSO_KAFKA_USERNAME": user,
        "PULSO_KAFKA_PASSWORD": password,
        "PULSO_KAFKA_SSL_CA": str(authority),
    }


def admin_of(variables: Mapping[str, str]) -> AdminClient:
    """Return an admin client with the connection of `connection_of`."""
    return AdminClient({
        "bootstrap.servers": variables["PULSO_KAFKA"],
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": variables["PULSO_KAFKA_SSL_CA"],
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": variables["PULSO_KAFKA_USERNAME"],
        "sasl.password": variables["PULSO_KAFKA_PASSWORD"],
        "log_level": 0,
    })  # fmt: skip


def secure_kafka(folder: Path, ports: Ports, authority: Path, identity: Path) -> Child:
    """Return a broker that denies whatever no ACL allows; its administrator may do everything."""
    port, internal, controller = ports.get("kafka"), ports.get("own"), ports.get("controller")
    folder.mkdir()
    properties = folder / "server.properties"
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"SASL_SSL://127.0.0.1:{port},BROKER://127.0.0.1:{internal},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"SASL_SSL://127.0.0.1:{port},BROKER://127.0.0.1:{internal}",
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": identity,
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # The node itself comes through its own listeners, which have no password.
        "super.users": f"User:{ADMIN};User:ANONYMOUS",
        "log.dirs": folder / "log",
        "message.max.bytes": MEDIA_BYTES,
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 2000,
    }
    properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    java = ["java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-cp", f"{ROOT / 'deploy' / 'local'}:{fetch_jars()}/*"]  # fmt: skip
    subprocess.run(
        [
            *java, "kafka.tools.StorageTool", "format", "--cluster-id=dGVzdC1vZi1zYXNsLXNzbA",
            "--add-scram", f"SCRAM-SHA-512=[name={ADMIN},password={ADMIN_PASSWORD}]", "--config", str(properties),
        ],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    own = AdminClient({"bootstrap.servers": f"127.0.0.1:{internal}", "log_level": 0})
    return Child(
        name="kafka",
        command=[*java, "kafka.Kafka", str(properties)],
        log=folder / "kafka.log",
        healthy=lambda: bool(own.list_topics(timeout=5).brokers),
        stop_seconds=30,
    )


def create_users(admin: AdminClient, clients: Iterable[Client]) -> None:
    """Create the users with their passwords and exactly their rights."""
    clients = list(clients)
    users = [
        UserScramCredentialUpsertion(
            client.user, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password_of(client).encode()
        )
        for client in clients
    ]
    rights = [binding for client in clients for acl in client.acls for binding in bindings(client, acl)]
    futures = [*admin.alter_user_scram_credentials(users).values(), *admin.create_acls(rights).values()]
    for future in futures:
        future.result(30)


def take_away(admin: AdminClient, client: Client, acl: Acl) -> None:
    """Delete the rights of a client on one resource."""
    filters = [
        AclBindingFilter(one.restype, one.name, one.resource_pattern_type, one.principal, one.host, one.operation,
                         one.permission_type)
        for one in bindings(client, acl)
    ]  # fmt: skip
    for future in admin.delete_acls(filters).values():
        assert future.result(30)


def bindings(client: Client, acl: Acl) -> list[AclBinding]:
    """Return the rights on one resource as Kafka takes them."""
    kinds = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP, "cluster": ResourceType.BROKER}
    names = {"DescribeConfigs": "DESCRIBE_CONFIGS", "AlterConfigs": "ALTER_CONFIGS"}
    return [
        AclBinding(
            kinds[acl.resource], acl.name, ResourcePatternType.LITERAL, f"User:{client.user}", "*",
            AclOperation[names.get(operation, operation.upper())], AclPermissionType.ALLOW,
        )
        for operation in acl.operations
    ]  # fmt: skip
