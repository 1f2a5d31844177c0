"""Settings: environment variables first, then the local stack that runs in the data folder."""

from __future__ import annotations

import json
import os
import ssl
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import PulsoError
from stream.runtime.cache import cache_folder
from stream.runtime.logging import Level, configure_logging, logging_config

ROOT = Path(__file__).resolve().parents[2]
"""Folder that holds deploy/ and models/, in a checkout and in the image alike."""


MAILBOX_VARIABLE = "PULSO_MAILBOX_PASSWORD_"
"""Beginning of the variables that hold the password of one mailbox."""


def mailbox_variable(mailbox: str) -> str:
    """Return the variable of a mailbox's own password.

    >>> mailbox_variable("lost-and-found")
    'PULSO_MAILBOX_PASSWORD_LOST_AND_FOUND'
    """
    return MAILBOX_VARIABLE + mailbox.upper().replace("-", "_")


class NotConnectedError(PulsoError, RuntimeError):
    """A server is neither configured nor running. The message says what to do."""


class Settings(BaseSettings):
    """Settings of every process, read from `PULSO_*` variables; `pulso settings` lists them."""

    model_config = SettingsConfigDict(
        env_prefix="PULSO_", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    data: Path = Field(
        default=Path(".pulso"),
        description="Folder of the local stack: logs, ports, tokens, and the data of its servers.",
    )
    cache: Path = Field(
        default_factory=cache_folder,
        description="Folder for files that can be fetched or computed again: the broker's jars and compiled code; "
        "$XDG_CACHE_HOME/pulso if not set, or else ~/.cache/pulso.",
    )
    venue: Path = Field(default=ROOT / "deploy" / "venues" / "demo.yaml", description="Venue file.")
    topics: Path = Field(
        default=ROOT / "deploy" / "support" / "topics.yaml",
        description="Topics of support mail, with examples of each.",
    )
    answers: Path = Field(
        default=ROOT / "deploy" / "support" / "answers.yaml",
        description="Approved answers to support mail, by topic and language.",
    )

    festival: Path | None = Field(
        default=None,
        description="Folder of festival tables in CSV: programme, acts, places, paths and approved answers; without it "
        "attendees get no answers.",
    )

    log_level: Level = Field(default="INFO", description="Lowest level of the lines that services log.")
    log_format: Literal["text", "json"] = Field(
        default="text", description="Format of log lines: text for people, or one JSON object a line."
    )

    encoder: str = Field(
        default="shipped",
        description="Model that embeds mails: shipped, or sentence-transformers:NAME where that library is installed.",
    )

    speech_model: Path | None = Field(
        default=None,
        description="Folder of the faster-whisper model for captions; that of `make captions-setup` if not set.",
    )
    speech_threads: int = Field(
        default=1, ge=1, le=64, description="Number of cores that the recognition of speech uses."
    )

    model_store: str | None = Field(
        default=None,
        description="Folder of candidates and promoted models, or s3://BUCKET/PREFIX where machines share none; "
        "models in the data folder if not set.",
    )
    model_poll_seconds: float = Field(
        default=2, gt=0, description="Interval in seconds at which workers look for a promoted model."
    )
    model_probation_seconds: float = Field(
        default=600, ge=0, description="Canary period in seconds: so long after a change workers may go back."
    )
    model_errors: int = Field(
        default=3,
        ge=1,
        description="Number of events on which a new model fails and the previous does not, before workers go back.",
    )

    kafka: str | None = Field(
        default=None, description="Bootstrap servers, host:port[,host:port]; the local stack's if not set."
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT",
        description="Protocol of the connection to the brokers: with or without TLS and a password.",
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="Authentication mechanism, for the protocols that begin with SASL."
    )
    kafka_username: str | None = Field(
        default=None, description="User name at the brokers, for the protocols that begin with SASL."
    )
    kafka_password: SecretStr | None = Field(
        default=None, description="Password at the brokers, for the protocols that begin with SASL."
    )
    kafka_ssl_ca: Path | None = Field(
        default=None, description="PEM file of the authority that signed the brokers' certificates."
    )
    kafka_ssl_certificate: Path | None = Field(
        default=None, description="PEM file of the client's certificate, where the brokers require one."
    )
    kafka_ssl_key: Path | None = Field(default=None, description="PEM file of the key of the client's certificate.")
    kafka_replication: int = Field(default=1, ge=1, description="Number of replicas of each topic that Pulso creates.")
    partitions: str = Field(
        default="",
        description="Partitions of topics that have others than by default or in the venue file: "
        "camera.frames=12,violence.scores=8.",
    )

    redis: str | None = Field(
        default=None,
        description="Redis, redis://[user:password@]host:port/db, or rediss:// for TLS; the local stack's if not set.",
    )
    prometheus: str | None = Field(
        default=None, description="Address of Prometheus, http://host:port; the local stack's if not set."
    )
    console: str | None = Field(
        default=None, description="Address of the console as other commands reach it; the local stack's if not set."
    )

    bind: str = Field(
        default="127.0.0.1",
        description="Address of this machine that metrics, console and the endpoints of sources listen on; 0.0.0.0 or "
        ":: for all of them.",
    )
    console_certificate: Path | None = Field(
        default=None, description="PEM file of a certificate; with it the console serves HTTPS."
    )
    console_key: Path | None = Field(default=None, description="PEM file of the key of the console's certificate.")
    console_public: str | None = Field(
        default=None,
        description="Address of the console that people open, https://host[:port]: for links in notifications, and for "
        "forms that come through a proxy, whose cookies are then for HTTPS only.",
    )
    contacts: Path | None = Field(
        default=None,
        description="Apprise file with the addresses of the venue file's contacts, each tagged with its id.",
    )
    watchdog_url: SecretStr | None = Field(
        default=None,
        description="Address that is called every minute while alerts reach people, of a service that notifies when the"
        " calls stop, such as healthchecks.io.",
    )
    till_token: SecretStr | None = Field(
        default=None, description="Bearer token that tills must send; made and kept in the data folder if not set."
    )
    posts_token: SecretStr | None = Field(
        default=None,
        description="Bearer token that senders of posts must send; made and kept in the data folder if not set.",
    )
    sign_token: SecretStr | None = Field(
        default=None,
        description="Token with which the displays of signs say what they show; if not set, any is believed.",
    )
    sign_credentials: Path | None = Field(
        default=None,
        description="YAML file with the credentials of signs' displays of other makers, a line `SIGN: name:password` "
        "each; for Xibo client id and secret.",
    )
    orders_token: SecretStr | None = Field(
        default=None,
        description="Bearer token that ticket shops must send; made and kept in the data folder if not set.",
    )
    ticket_history: Path = Field(
        default=Path("data/tickets.json"),
        description="File of the past events that forecasts of ticket sales compare with: `pulso tickets learn`.",
    )
    alexa_skill: str | None = Field(
        default=None, description="Id of the Alexa skill whose requests are answered; none if not set."
    )
    alexa_proxy_token: SecretStr | None = Field(
        default=None,
        description="Token with which the proxy states that it has checked the signature of an Alexa request.",
    )
    mailbox_password: SecretStr | None = Field(
        default=None,
        description="Password of every mailbox without a variable of its own: PULSO_MAILBOX_PASSWORD_SUPPORT is the "
        "password of the mailbox `support` alone.",
    )

    @field_validator("bind")
    @classmethod
    def _without_brackets(cls, bind: str) -> str:
        bind = bind.strip()
        return bind[1:-1] if bind.startswith("[") and bind.endswith("]") else bind

    @field_validator("console_public")
    @classmethod
    def _is_origin(cls, address: str | None) -> str | None:
        if address is None:
            return None
        address = address.strip().rstrip("/")
        try:
            parts = urlsplit(address)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid or parts.path or parts.query or parts.fragment or parts.username is not None:
            raise ValueError(
                "is not an address of the form https://host or https://host:port; the console has no path of its own, "
                "so give it a host name of its own at the proxy"
            )
        return address

    def mailbox_password_of(self, mailbox: str) -> SecretStr | None:
        """Return the password of one mailbox: that of its own variable, else the common one."""
        own = os.environ.get(mailbox_variable(mailbox))
        return SecretStr(own) if own else self.mailbox_password

    @property
    def stack_file(self) -> Path:
        """File in which `pulso up` describes the servers that it started."""
        return self.data / "stack.json"

    @property
    def speech_folder(self) -> Path:
        """Folder of the model that captions speech."""
        return self.speech_model or self.cache / "whisper-base"

    @property
    def models(self) -> Path:
        """Folder of the model store, or of its cache where it is in S3."""
        if self.shared_models is not None:
            return self.data / "models-shared"
        return Path(self.model_store) if self.model_store else self.data / "models"

    @property
    def shared_models(self) -> str | None:
        """Address of the model store in S3; None where it is a folder."""
        return self.model_store if self.model_store and self.model_store.startswith("s3://") else None

    def connected(self) -> Settings:
        """Return settings completed with the addresses of the stack that runs in the data folder.

        Raises:
            NotConnectedError: The Kafka brokers are neither configured nor running.
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

    def configure_logging(self) -> None:
        """Log as `PULSO_LOG_LEVEL` and `PULSO_LOG_FORMAT` say; every long-running process calls it when it starts."""
        configure_logging(self.log_level, json=self.log_format == "json")

    def logging_config(self) -> dict[str, Any]:
        """Return the same for Faust, which configures logging itself."""
        return logging_config(self.log_level, json=self.log_format == "json")

    def redis_url(self) -> str:
        """Return the address of Redis.

        Raises:
            NotConnectedError: Redis is neither configured nor running.
        """
        if self.redis is None:
            raise NotConnectedError("no Redis: run `pulso up` or set PULSO_REDIS=redis://host:port/0")
        return self.redis

    def librdkafka(self) -> dict[str, Any]:
        """Return the connection settings for clients of librdkafka."""
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
        """Return the TLS context for aiokafka and Faust; None where the protocol has no TLS."""
        if "SSL" not in self.kafka_security_protocol:
            return None
        context = ssl.create_default_context(cafile=str(self.kafka_ssl_ca) if self.kafka_ssl_ca else None)
        if self.kafka_ssl_certificate:
            context.load_cert_chain(self.kafka_ssl_certificate, self.kafka_ssl_key)
        return context
