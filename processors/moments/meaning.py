"""Meaning of a post: whether it tells of a performance, by the similarity of sentence vectors with example sentences.

A nearest-example classifier (cosine similarity; the examples are our own writing) in the vector space of the support
desk's encoder, so that Spanish and English share the examples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

PERFORMANCE = (
    "Qué concierto tan increíble", "La banda lo está dando todo en el escenario", "Vaya temazo acaban de tocar",
    "Todo el mundo cantando esta canción", "Piel de gallina con ese solo de guitarra", "Menudo directo, qué voz",
    "El cantante ha bajado al público", "Han cerrado con nuestra canción y he llorado", "Suena fatal el concierto",
    "What an amazing gig", "The band is killing it on stage", "Everyone is singing along to this song",
    "That guitar solo gave me chills", "Best live set I have seen", "The singer jumped into the crowd",
    "They closed with our song and I cried", "The sound is terrible for this band", "The crowd goes crazy at the drop",
)  # fmt: skip
OTHER = (
    "La cola de los baños es eterna", "¿A qué hora abren las puertas?", "Vendo dos entradas para mañana",
    "No funciona la pulsera para pagar", "La cerveza está carísima", "¿Dónde se aparca?", "He perdido el móvil",
    "El año que viene tocan en otro festival", "Escuchando su disco en casa", "Entrevista con el grupo en la radio",
    "The queue for the toilets is endless", "What time do the gates open?", "Selling two tickets for tomorrow",
    "My wristband does not work", "Beer is so expensive", "Where can I park?", "I lost my phone",
    "They play another festival next year", "Listening to their album at home", "Nice walk by the sea with the dog",
)  # fmt: skip
NEIGHBOURS = 3
"""Examples whose mean similarity counts."""


class PerformanceMeaning:
    """Classifier of posts by example sentences."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._performance, self._other = encode(PERFORMANCE), encode(OTHER)

    def scores(self, texts: Sequence[str]) -> list[float]:
        """Return for each text the similarity with performances minus that with other matters, -1 to 1."""
        if not texts:
            return []
        vectors = self._encode(texts)
        return [_nearest(vector, self._performance) - _nearest(vector, self._other) for vector in vectors]


def _nearest(vector: Vectors, examples: Vectors) -> float:
    return float(np.sort(examples @ vector)[-NEIGHBOURS:].mean())
