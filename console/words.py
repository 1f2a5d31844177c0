"""The page's words in Spanish and English."""

from __future__ import annotations

from typing import Literal

Language = Literal["es", "en"]

_WORDS: dict[str, tuple[str, str]] = {
    "open_alerts": ("Alertas abiertas", "Open alerts"),
    "nothing": ("Nada abierto.", "Nothing open."),
    "redis_away": ("Redis no responde: las alertas no se ven.", "Redis does not answer: alerts can't be seen."),
    "prometheus_away": ("Prometheus no responde.", "Prometheus does not answer."),
    "severity": ("Gravedad", "Severity"),
    "what": ("Qué", "What"),
    "since": ("Desde", "Since"),
    "audience": ("Para", "For"),
    "seen_by": ("Atiende", "Taken by"),
    "workers": ("Procesos", "Workers"),
    "ready": ("listo", "ready"),
    "not_ready": ("no está listo", "not ready"),
    "flow": ("Eventos por segundo", "Events per second"),
    "dead": ("Cartas muertas, última hora", "Dead letters, last hour"),
    "none": ("ninguna", "none"),
    "critical": ("crítica", "critical"),
    "high": ("alta", "high"),
    "medium": ("media", "medium"),
    "low": ("baja", "low"),
}


def words(language: Language) -> dict[str, str]:
    """Every phrase in one language."""
    return {name: pair[0 if language == "es" else 1] for name, pair in _WORDS.items()}


def language_of(accept: str, otherwise: Language) -> Language:
    """The first of our languages that the browser names, else the venue's.

    >>> language_of("de;q=0.9,en;q=0.8", "es")
    'en'
    >>> language_of("", "es")
    'es'
    """
    for part in accept.split(","):
        match part.split(";")[0].strip().lower()[:2]:
            case "es":
                return "es"
            case "en":
                return "en"
    return otherwise
