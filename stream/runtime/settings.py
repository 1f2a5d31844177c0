"""Where things are: environment variables first, then the local stack that runs in the data folder."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import PulsoError

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds deploy/ and models/, in a checkout and in an installation alike."""


class NotConnectedError(PulsoError, RuntimeError):
    """No server is configured or running. The message says what to do."""


class Settings(BaseSettings):
    """Read from `PULSO_*` variables; every field says what it is for."""

    model_config = SettingsConfigDict(env_prefix="PULSO_", env_ignore_empty=True, extra="ignore")

    data: Path = Field(default=Path(".pulso"), description="folder of the local stack: logs, ports, Kafka, Redis")
    venue: Path = Field(default=ROOT / "deploy" / "venues" / "demo.yaml", description="the venue file")
    topics: Path = Field(
        default=ROOT / "deploy" / "support" / "topics.yaml", description="what support mail is about, by example"
    )
    answers: Path = Field(
        default=ROOT / "deploy" / "support" / "answers.yaml", description="approved answers, by topic and language"
    )

    encoder: str = Field(
        default="shipped",
        description="what gives mails their meaning: shipped, or sentence-transformers:NAME where that is installed",
    )

    model_store: Path | None = Field(
        default=None, description="folder of candidates and promoted models; models/ in the data folder if left out"
    )
    model_poll_seconds: float = Field(default=2, gt=0, description="how often workers look for a promoted model")
    model_probation_seconds: float = Field(
        default=600, ge=0, description="so long after a change workers may go back to the model before"
    )
    model_errors: int = Field(
        default=3, ge=1, description="events that a new model fails on, and the one before does not, before they do"
    )

    kafka: str | None = Field(default=None, description="bootstrap servers, host:port[,host:port]")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ssl_ca: Path | None = Field(default=None, description="PEM file of the authority that signed the broker")
    kafka_ssl_certificate: Path | None = Field(default=None, description="PEM file, where the broker asks for one")
    kafka_ssl_key: Path | None = None
    kafka_replication: int = Field(default=1, ge=1, description="replicas of each topic that we create")

    redis: str | None = Field(default=None, description="redis://[user:password@]host:port/db, rediss:// for TLS")
    prometheus: str | None = Field(default=None, description="http://host:port")
    console: str | None = Field(default=None, description="http://host:port")

    bind: str = Field(default="127.0.0.1", description="address that metrics, tills and console listen on")
    console_certificate: Path | None = Field(default=None, description="PEM file: the console speaks HTTPS itself")
    console_key: Path | None = Field(default=None, description="PEM file of the certificate's key")
    console_public: str | None = Field(default=None, description="address of the console that people open, for links")
    contacts: Path | None = Field(
        default=None,
        description="Apprise file with the addresses of the venue file's contacts, each tagged with its id",
    )
    till_token: SecretStr | None = Field(default=None, description="bearer token that a till must send")
    posts_token: SecretStr | None = Field(default=None, description="bearer token that senders of posts must show")
    mailbox_password: SecretStr | None = Field(default=None, description="password of the support mailbox")

    @property
    def stack_file(self) -> Path:
        """Where `pulso up` writes the ports of what it started."""
        return self.data / "stack.json"

    @property
    def models(self) -> Path:
        """The model store."""
        return self.model_store or self.data / "models"

    def connected(self) -> Settings:
        """Fill in what the environment leaves open from the stack that runs in the data folder.

        Raises:
            NotConnectedError: the Kafka brokers are in neither.
        """
        try:
            running: dict[str, Any] = json.loads(self.stack_file.read_text(encoding="utf-8"))["endpoints"]
        except (FileNotFoundError, json.JSONDecodeError, KeyError):
            running = {}
        update = {name: running[name] for name in ("kafka", "redis", "prometheus", "console") if name in running}
        found = self.model_copy(update={k: v for k, v in update.items() if getattr(self, k) is None})
        if found.kafka is None:
            raise NotConnectedError(
                f"no Kafka: run `pulso up` (data folder {self.data}, PULSO_DATA names another) or set PULSO_KAFKA"
            )
        return found

    def redis_url(self) -> str:
        """Raises: NotConnectedError: no Redis is configured or running."""
        if self.redis is None:
            raise NotConnectedError("no Redis: run `pulso up` or set PULSO_REDIS=redis://host:port/0")
        return self.redis

    def librdkafka(self) -> dict[str, Any]:
        """Connection settings for confluent-kafka."""
        options: dict[str, Any] = {
            "bootstrap.servers": self.kafka,
            "security.protocol": self.kafka_security_protocol,
            "ssl.ca.location": self.kafka_ssl_ca,
            "ssl.certificate.location": self.kafka_ssl_certificate,
            "ssl.key.location": self.kafka_ssl_key,
        }
        if self.kafka_security_protocol.startswith("SASL"):
            options |= {
                "sasl.mechanism": self.kafka_sasl_mechanism,
                "sasl.username": self.kafka_username,
                "sasl.password": self.kafka_password.get_secret_value() if self.kafka_password else None,
            }
        return {name: str(value) for name, value in options.items() if value is not None}

    def ssl_context(self) -> ssl.SSLContext | None:
        """TLS for aiokafka and Faust, or None where the protocol has none."""
        if "SSL" not in self.kafka_security_protocol:
            return None
        context = ssl.create_default_context(cafile=str(self.kafka_ssl_ca) if self.kafka_ssl_ca else None)
        if self.kafka_ssl_certificate:
            context.load_cert_chain(self.kafka_ssl_certificate, self.kafka_ssl_key)
        return context
