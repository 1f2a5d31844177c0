"""Reference job for mails: tokenize and run the encoder on each whole mail in one loop, without Kafka or checks.

Reads a `MailJobInput` from standard input.
"""

from __future__ import annotations

import sys

import msgspec
from msgspec import Struct

from bench.run_result import RunResult, read_clocks
from processors.support.encoder import Encoder


class MailJobInput(Struct, kw_only=True):
    """Texts of mails in order of arrival."""

    texts: list[str]


def main() -> None:
    """Encode every text once; the first one is warm-up and is not timed."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=MailJobInput)
    encoder = Encoder.load()
    began = (0.0, 0.0)
    for index, text in enumerate(job.texts):
        encoder.encode([text])
        if index == 0:
            began = read_clocks()
    ended = read_clocks()
    result = RunResult(events=len(job.texts) - 1, seconds=ended[0] - began[0], cpu_seconds=ended[1] - began[1])
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
