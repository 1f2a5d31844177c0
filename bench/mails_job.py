"""The bare limit for mails: tokenize and run the encoder on each whole mail in one loop, without Kafka or checks.

Reads a `MailsOrder` from standard input.
"""

from __future__ import annotations

import sys

import msgspec
from msgspec import Struct

from bench.measured import Measured, moment
from processors.support.encoder import Encoder


class MailsOrder(Struct, kw_only=True):
    """Texts of mails in order of arrival."""

    texts: list[str]


def main() -> None:
    """Encode every text once; timed from the end of the first, in which the model is slow."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=MailsOrder)
    encoder = Encoder.load()
    began = (0.0, 0.0)
    for index, text in enumerate(order.texts):
        encoder.encode([text])
        if index == 0:
            began = moment()
    ended = moment()
    said = Measured(events=len(order.texts) - 1, seconds=ended[0] - began[0], cpu_seconds=ended[1] - began[1])
    print(msgspec.json.encode(said).decode())


if __name__ == "__main__":
    main()
