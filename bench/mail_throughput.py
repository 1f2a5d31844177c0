"""Throughput of the support worker in mails per second, against a bare loop of the encoder over the same texts."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from bench.comparison_table import ComparisonRow, compare
from bench.mail_job import MailJobInput
from bench.reference_job import run_job
from bench.run_result import BenchError
from bench.worker_metrics import measure_worker
from processors.support.mail_text import split_sentences
from schemas.support import MAILS, TRIAGE, Mail, SupportTriage
from stream.local import LocalStack
from stream.runtime.producer import EventProducer
from stream.runtime.topic_reader import read_all

NUM_MAILS = 1_000
FIRST_MAIL_TIME = datetime(2026, 7, 4, 18, tzinfo=UTC)
OPENINGS = (
    "Hola, buenas tardes.", "Hi there, hope you are well.", "El año pasado lo pasamos genial con vosotros.",
    "We are coming with six friends this year.", "Perdonad que os moleste otra vez.",
)  # fmt: skip
REQUESTS = (
    "¿Dónde puedo aparcar el coche el sábado?", "Where can I park a camper for three nights?",
    "Quiero que me devolváis el dinero del pedido FE-{n}.", "I would like a refund for order FE-{n}, please.",
    "No me han llegado las entradas y pagué el lunes.", "My tickets never arrived, can you send them again?",
    "La recarga de la pulsera ha fallado y me han cobrado {n} euros.", "Is there vegan and gluten-free food?",
    "¿A qué hora abren las puertas el viernes?", "He perdido una chaqueta cerca de la barra {n}, ¿la tenéis?",
)  # fmt: skip


def mails(number: int, seed: int = 1) -> list[Mail]:
    """Return mails of one to three sentences in both languages, half a minute apart.

    >>> len(mails(10)), mails(1) == mails(1)
    (10, True)
    """
    rng = random.Random(seed)
    generated = []
    for index in range(number):
        sentences = [
            *rng.sample(OPENINGS, rng.randint(0, 1)),
            *rng.sample(REQUESTS, rng.randint(1, 2)),
        ]
        text = " ".join(sentences).format(n=index)
        at = FIRST_MAIL_TIME + timedelta(seconds=30 * index)
        generated.append(Mail(id=f"bench-{index:06d}", thread=f"t{index}", time=at, text=text))
    return generated


def measure(
    stack: LocalStack, *, number: int, announce: Callable[[str], None], on_progress: Callable[[int], None]
) -> list[ComparisonRow]:
    """Pass the same mails through the bare loop and then through the worker.

    Raises:
        BenchError: one of them failed, or a mail was not triaged exactly once.
    """
    stack.halt("support")
    generated = mails(number)
    announce("mails: bare loop")
    bare = run_job("mail_job.py", MailJobInput(texts=[mail.text for mail in generated]))
    with EventProducer(stack.settings) as producer:
        for mail in generated:
            producer.send(MAILS, key=mail.thread, value=mail, id=mail.id, source="bench", time=mail.time)
    announce("mails: support worker")
    ours = measure_worker(stack, "support", MAILS, number, on_progress)
    stack.halt("support")
    triaged_ids = [
        msgspec.json.decode(message.value() or b"", type=SupportTriage).message
        for message in read_all(stack.settings, TRIAGE.name)
    ]
    if sorted(triaged_ids) != [mail.id for mail in generated]:
        raise BenchError(
            f"the support worker triaged {len(set(triaged_ids))} of {number} mails, {len(triaged_ids)} times in all"
        )
    texts = sum(1 + (len(one) if len(one) > 1 else 0) for one in (split_sentences(mail.text) for mail in generated))
    return [
        compare(
            "support worker",
            "mails/s",
            ours,
            "a loop of the encoder over whole mails",
            bare,
            notes=f"ours reads each sentence too, {texts / number:.1f} texts a mail; topic, danger, sentiment, "
            "cluster, reply; sentences that come again are read once; "
            f"{ours.events / max(1, ours.batches):.0f} mails a batch",
        )
    ]
