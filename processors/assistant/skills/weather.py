"""Weather now and its forecast, from live state that is still true."""

from __future__ import annotations

import re

from processors.assistant.answer import Answer, Skill, sentences, unknown_live
from processors.assistant.festival import Festival
from processors.assistant.question import Question

_TIME_ONLY = re.compile(
    r"\b(?:cuanto tiempo|a tiempo|da tiempo|what time|on time|tiempo de|hot (?:food|dog|water|shower)"
    r"|duchas? caliente|agua caliente|sol(?:o|a)|carpa|cold water|agua fria)\b"
)
_POLICY = re.compile(
    r"\b(?:que pasa si|what happens|si llueve|if it rains|si hay tormenta|in case of|en caso de|se cancela"
    r"|se suspende|cancel\w*|called off|paraguas|umbrella\w*|refund\w*|devol\w+|que haceis|what do you do|paran"
    r"|stop)\b"
)
_WEATHER = re.compile(
    r"\b(?:tiempo|weather|llov\w+|lluvia|llueve|rain\w*|temperatura|temperature|grados|degrees|viento|wind\w*"
    r"|racha\w*|gust\w*|frio|cold|calor|hot|tormenta|storm\w*|pronostico|forecast|mojar\w*|wet|jacket|chaqueta"
    r"|warm|fresco|chilly|clima|refresca\w*|chubasquero\w*|raincoat\w*|poncho\w*|impermeable\w*|aviso meteo\w*"
    r"|alerta meteo\w*)\b"
)


def score(question: Question, festival: Festival) -> float:
    """Return how well a question about the weather fits."""
    del festival
    if not question.has("weather") or question.acts or question.places or _TIME_ONLY.search(question.words):
        return 0.0
    if (
        _POLICY.search(question.words)
        or not _WEATHER.search(question.words)
        or question.has("permission", "price", "lost")
    ):
        return 0.0
    return 0.5 if question.kinds else 0.86


def answer(question: Question, festival: Festival) -> Answer | None:
    """Answer with the measured weather, or with the forecast of the hour that is asked about."""
    live = festival.live_at(question.now)
    if live is None or live.weather is None:
        return unknown_live(question, festival)
    phrases, language, weather = festival.phrases, question.language, live.weather
    words = question.words
    hours = weather.forecast
    days = question.moments.days
    if question.moments.moment is not None:
        hours = tuple(one for one in hours if abs((one.time - question.moments.moment).total_seconds()) <= 1800)
        if not hours:
            return unknown_live(question, festival)
    elif days and festival.day_of(question.now) not in days:
        return unknown_live(question, festival)
    future = bool(
        re.search(
            r"\b(?:va a|hara|llovera|will|going to|later|luego|mas tarde|despues|noche|tonight|pronostico"
            r"|forecast|esta noche|prevision|need|vamos a|expect\w*|gonna)\b",
            words,
        )
    )
    forecast = [
        phrases.text(
            language,
            "weather_at",
            time=f"{one.time.astimezone(festival.zone):%H:%M}",
            temperature=f"{one.temperature_c:g}",
            rain=f"{one.rain_probability_percent:g}",
        )
        for one in hours
    ]
    if question.moments.moment is not None:
        return Answer(sentences(forecast), ("weather.forecast",))
    if re.search(r"\b(?:warning|aviso|alerta)\b", words):
        name = "weather_warning" if weather.warning else "weather_no_warning"
        return Answer(phrases.text(language, name, warning=weather.warning or ""), ("weather.warning",))
    gusts = weather.gusts_kmh if weather.gusts_kmh is not None else weather.wind_kmh
    values = {
        "temperature": f"{weather.temperature_c:g}",
        "wind": f"{weather.wind_kmh:g}",
        "gusts": f"{gusts:g}",
        "rain": f"{weather.rain_probability_percent:g}",
    }
    parts = []
    if re.search(r"\b(?:viento|wind\w*|racha\w*|gust\w*)\b", words):
        parts.append(phrases.text(language, "weather_wind", **values))
    elif future and forecast:
        parts += forecast
    elif re.search(r"\b(?:llov\w+|lluvia|llueve|lloviendo|rain\w*|mojar\w*|wet)\b", words):
        parts += [phrases.text(language, "weather_rain_now", **values), *forecast]
    elif re.search(r"\b(?:temperatura|temperature|grados|degrees|frio|calor|cold|hot|warm)\b", words):
        parts.append(phrases.text(language, "weather_temperature", **values))
    else:
        parts.append(phrases.text(language, "weather_now", **values))
    return Answer(sentences(parts), ("weather",))


SKILL = Skill("weather", ("¿Va a llover esta noche?", "What's the temperature?", "¿Hace viento?"), score, answer)
