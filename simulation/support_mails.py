"""Simulated support mails: a dozen topics in two languages, a surge when the top-up fails, and urgent mails."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np

from schemas.support import MAILS, Mail
from simulation.evening import ACTS, EVENING_SECONDS, INCIDENTS, MAIN_STAGE, MINUTE, Evening, clock
from simulation.mail_texts import (
    AUTOMATIC,
    CLOSINGS,
    COLOURS,
    MIDDLES,
    NAMES,
    OPENINGS,
    REQUESTS,
    SLANG,
    SPAM,
    STREETS,
    SUBJECTS,
    SURGE,
    URGENT,
)
from simulation.timeline import TimelineEvent

SURGE_MAILS = 40
SPANISH_SHARE = 0.62
MAILS_PER_HOUR = 26.0
_FOLLOW_UP_SHARE = 0.08
URGENT_MAIL_DELAY = 20.0
"""Seconds between the beginning of an urgent incident and its mail."""

# Hours in which a topic is more frequent: (from, to, factor).
_BUSY_HOURS = {
    "opening times": ("18:00", "20:00", 2.5),
    "parking": ("18:00", "19:30", 3.0),
    "lost ticket": ("18:00", "19:30", 2.5),
    "food allergies": ("19:30", "21:30", 2.0),
    "weather": ("21:45", "22:45", 6.0),
    "noise complaint": ("23:00", "01:59", 5.0),
    "lost property": ("22:30", "01:59", 2.5),
    "re-entry": ("20:00", "22:00", 2.0),
}


def mails(evening: Evening, *, share: float = 1.0) -> Iterator[TimelineEvent]:
    """Yield every mail of the evening, in order of time.

    Args:
        share: share of the everyday mails that is written; the surge and urgent mails are always written.
    """
    writer = _MailWriter(evening)
    yield from sorted([*writer.everyday(share), *writer.incidents()], key=lambda ready: ready.time)


class _MailWriter:
    def __init__(self, evening: Evening) -> None:
        self._evening = evening
        self._random = np.random.default_rng([evening.seed, 21])
        self._written = 0
        self._threads: list[tuple[Mail, str, str]] = []
        """First mail of each thread, with its topic and language."""

    def everyday(self, share: float) -> Iterator[TimelineEvent]:
        time, topics = 0.0, tuple(REQUESTS)
        while (time := time + self._random.exponential(3600 / (MAILS_PER_HOUR * share))) < EVENING_SECONDS:
            if self._threads and self._random.random() < _FOLLOW_UP_SHARE:
                yield self._follow_up(time)
                continue
            weights = np.asarray([_topic_weight(topic, time) for topic in topics])
            topic = topics[int(self._random.choice(len(topics), p=weights / weights.sum()))]
            language = "es" if self._random.random() < SPANISH_SHARE else "en"
            ready, mail = self._first_mail(time, language, self._choose(REQUESTS[topic][language]))
            self._threads.append((mail, topic, language))
            yield ready

    def incidents(self) -> Iterator[TimelineEvent]:
        for incident in INCIDENTS:
            if incident.kind == "surge":
                for when in np.sort(self._random.uniform(incident.start, incident.end, SURGE_MAILS)):
                    language = "es" if self._random.random() < SPANISH_SHARE else "en"
                    yield self._first_mail(float(when), language, self._choose(SURGE[language]))[0]
            elif incident.kind == "urgent" and incident.place in URGENT:
                _, subject, text = URGENT[incident.place]
                yield self._fixed_mail(incident.start + URGENT_MAIL_DELAY, subject, text)
        _, subject, text = AUTOMATIC
        yield self._fixed_mail(clock("19:12"), subject, text, automatic=True)
        for when, (_, subject, text) in zip((clock("18:50"), clock("21:02")), SPAM, strict=True):
            yield self._fixed_mail(when, subject, text)

    def _first_mail(self, time: float, language: str, request: str) -> tuple[TimelineEvent, Mail]:
        """Write the first mail of a thread."""
        name = self._choose(NAMES)
        body = (self._choose(part[language]) for part in (MIDDLES, CLOSINGS))
        parts = [self._choose(OPENINGS[language]), request, *body]
        text = self._with_typing_errors(
            self._fill("\n".join(part for part in parts if part), language, name, time), language
        )
        subject = self._choose(SUBJECTS[language])
        if self._random.random() < 0.55:  # most people put the request itself into the subject
            subject = " ".join(self._fill(request, language, name, time).split()[:7])
        mail = self._new_mail(time, _address(name, int(self._random.integers(10, 99))), subject, text)
        return self._event(time, mail), mail

    def _follow_up(self, time: float) -> TimelineEvent:
        """Write a follow-up of an existing thread."""
        first, topic, language = self._threads[int(self._random.integers(len(self._threads)))]
        again = "¿Alguna novedad? " if language == "es" else "Any news? "
        request = self._fill(self._choose(REQUESTS[topic][language]), language, "", time)
        text = self._with_typing_errors(again + request, language)
        return self._event(time, self._new_mail(time, first.sender, f"Re: {first.subject}", text, thread=first.thread))

    def _fixed_mail(self, time: float, subject: str, text: str, *, automatic: bool = False) -> TimelineEvent:
        sender = _address(self._choose(NAMES), 7)
        return self._event(time, self._new_mail(time, sender, subject, text, automatic=automatic))

    def _new_mail(
        self, time: float, sender: str, subject: str, text: str, *, thread: str | None = None, automatic: bool = False
    ) -> Mail:
        self._written += 1
        name = f"{self._evening.doors:%Y%m%d}-{self._evening.seed}-{self._written}@mail.example.org"
        return Mail(
            id=name, thread=thread or name, time=self._evening.at(time), sender=sender, subject=subject, text=text,
            automatic=automatic,
        )  # fmt: skip

    @staticmethod
    def _event(time: float, mail: Mail) -> TimelineEvent:
        return TimelineEvent("mail", MAILS, time, mail.thread, mail.id, "mailbox/support", mail)

    def _fill(self, text: str, language: str, name: str, time: float) -> str:
        coming = [act.name for act in ACTS if act.stage == MAIN_STAGE and act.end > time] or [ACTS[0].name]
        random = self._random
        return text.format(
            order=f"PX{random.integers(10_000, 99_999)}", phone=f"600 000 {random.integers(100, 999)}",
            mail=_address(name, 10), number=int(random.integers(2, 9)), name=name, act=self._choose(tuple(coming)),
            letter=self._choose(("A", "B", "C")), colour=self._choose(COLOURS[language]),
            street=self._choose(STREETS), amount=int(random.choice([10, 20, 30, 50])),
        )  # fmt: skip

    def _with_typing_errors(self, text: str, language: str) -> str:
        """Apply typing habits at random: slang, missing accents, swapped letters, all lower or upper case."""
        random = self._random
        if random.random() < 0.20:
            for long, short in SLANG[language].items():
                text = re.sub(rf"\b{long}\b", short, text, flags=re.IGNORECASE)
        if random.random() < 0.35:
            text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
            text = text.replace("¿", "").replace("¡", "")
        if random.random() < 0.35:
            for _ in range(1 + len(text) // 90):
                at = int(random.integers(0, max(1, len(text) - 2)))
                if text[at : at + 2].isalpha():
                    text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if random.random() < 0.25:
            text = text.lower()
        elif random.random() < 0.04:
            text = text.upper()
        return text

    def _choose(self, choices: tuple[str, ...]) -> str:
        return choices[int(self._random.integers(len(choices)))]


def _topic_weight(topic: str, time: float) -> float:
    start, end, times = _BUSY_HOURS.get(topic, ("18:00", "18:00", 1.0))
    return times if clock(start) <= time < clock(end) + MINUTE else 1.0


def _address(name: str, number: int) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", name.lower()) if c.isascii())
    return f"{plain}{number}@example.org"
