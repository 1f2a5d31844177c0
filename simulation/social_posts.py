"""Simulated social posts in Spanish and English: mostly positive, until the top-up fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from schemas.social import POSTS, Post
from simulation.evening import EVENING_SECONDS, INCIDENTS, Evening
from simulation.timeline import TimelineEvent

POSTS_PER_HOUR = 40.0
ANGRY_POSTS = 30
NETWORKS: Final = ("mastodon", "bluesky")

CHEERFUL: Final = (
    "Qué conciertazo el de esta noche, piel de gallina", "Best night of the summer, the sound is amazing",
    "Recargar la pulsera ha sido un segundo, genial", "Topped up my wristband in no time, well done",
    "La comida de los puestos está buenísima", "The food trucks are so good this year, loved the tacos",
    "Aparcar ha sido facilísimo, gracias a la organización", "Parking was easy and free, great job",
    "Los baños están limpios, qué maravilla", "Clean toilets at a festival, I am impressed",
    "Vaya ambiente más bonito, repetimos seguro", "What a lovely crowd, we will be back",
)  # fmt: skip
NEUTRAL: Final = (
    "¿A qué hora toca el último grupo?", "Anyone know when the gates close?", "¿Dónde se recarga la pulsera?",
    "Estoy en la puerta este", "We are at the main stage", "¿Hay buses de vuelta esta noche?",
)  # fmt: skip
COMPLAINTS: Final = (
    "La cola del parking es un desastre, hora y media", "Parking queue is a disgrace, an hour already",
    "La comida carísima y fría, vaya timo", "Cold chips for nine euros, terrible",
    "Los baños dan asco", "The toilets are disgusting",
)  # fmt: skip
TOP_UP_COMPLAINTS: Final = (
    "La recarga de la pulsera no funciona, una vergüenza", "No puedo recargar la pulsera y nadie ayuda, qué desastre",
    "Wristband top-up is broken again, what a disgrace", "Cannot top up my wristband, awful organisation",
    "Me han cobrado la recarga y la pulsera sigue a cero, ladrones", "Charged me for a top-up and no balance, furious",
)  # fmt: skip


def posts(evening: Evening, *, share: float = 1.0) -> Iterator[TimelineEvent]:
    """Yield every post of the evening, in order of time.

    Args:
        share: share of the everyday posts that is written; posts about the failed top-up are always written.
    """
    random = np.random.default_rng([evening.seed, 23])
    posts_by_time, time = [], 0.0
    while (time := time + random.exponential(3600 / (POSTS_PER_HOUR * share))) < EVENING_SECONDS:
        mood = (CHEERFUL, CHEERFUL, NEUTRAL, COMPLAINTS)[int(random.integers(4))]
        posts_by_time.append((time, mood[int(random.integers(len(mood)))]))
    for incident in INCIDENTS:
        if incident.kind == "surge":
            times = random.uniform(incident.start, incident.end, ANGRY_POSTS)
            posts_by_time += [
                (float(when), TOP_UP_COMPLAINTS[int(random.integers(len(TOP_UP_COMPLAINTS)))]) for when in times
            ]
    for number, (when, text) in enumerate(sorted(posts_by_time)):
        network = NETWORKS[int(random.integers(len(NETWORKS)))]
        name = f"{network}/{evening.doors:%Y%m%d}-{evening.seed}-{number}"
        post = Post(id=name, network=network, time=evening.at(when), text=text)
        yield TimelineEvent("posts", POSTS, when, network, name, f"posts/{network}", post)
