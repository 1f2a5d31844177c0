"""Simulated social posts in Spanish and English: mostly positive, until the top-up fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from schemas.social import POSTS, Post
from simulation.evening import EVENING_SECONDS, INCIDENTS, Evening
from simulation.timeline import TimelineEvent

POSTS_PER_HOUR = 40.0
POSTS_OF_AN_ACT = 25.0
"""Everyday posts about an act while it plays."""
BURST_POSTS = 12
"""Posts within a minute of the last song of the act that draws the most people."""
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
ABOUT_A_SET: Final = (
    "¡Qué concierto de {act}, piel de gallina!", "{act} are killing it on stage, what a sound",
    "Todo el mundo cantando con {act}, temazo", "{act} live, best set of the night", "Menudo directo #{tag}",
    "Everyone is singing along with {act}", "{act} suena fatal desde atrás, no se oye la voz",
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
    reactions = np.random.default_rng([evening.seed, 31])
    for incident in INCIDENTS:
        if incident.kind == "surge":
            times = random.uniform(incident.start, incident.end, ANGRY_POSTS)
            posts_by_time += [
                (float(when), TOP_UP_COMPLAINTS[int(random.integers(len(TOP_UP_COMPLAINTS)))]) for when in times
            ]
    posts_by_time += _about_sets(evening, share)
    for number, (when, text) in enumerate(sorted(posts_by_time)):
        network = NETWORKS[int(random.integers(len(NETWORKS)))]
        name = f"{network}/{evening.doors:%Y%m%d}-{evening.seed}-{number}"
        shares, photos, likes = (int(reactions.poisson(mean)) for mean in (1.5, 0.6, 8.0))
        post = Post(
            id=name, network=network, time=evening.at(when), text=text, shares=shares, photos=photos, likes=likes
        )
        yield TimelineEvent("posts", POSTS, when, network, name, f"posts/{network}", post)


def _about_sets(evening: Evening, share: float) -> list[tuple[float, str]]:
    """Return times and texts of posts about acts, with a burst at the last song of the headliner."""
    random = np.random.default_rng([evening.seed, 29])
    headliner = max(evening.acts, key=lambda act: act.draw)
    found = []
    for act in evening.acts:
        times = random.uniform(act.start, act.end, int(random.poisson(POSTS_OF_AN_ACT * share))).tolist()
        if act is headliner:
            times += random.uniform(act.end - 240, act.end - 180, BURST_POSTS).tolist()
        for when in times:
            text = ABOUT_A_SET[int(random.integers(len(ABOUT_A_SET)))]
            found.append((float(when), text.format(act=act.name, tag=act.name.title().replace(" ", ""))))
    return found
