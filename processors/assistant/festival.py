"""A festival as the assistant sees it: tables, live state, walks, and names in two languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from processors.assistant.act_names import ActNames
from processors.assistant.lexicon import concepts, lexicon
from processors.assistant.phrases import Phrases
from processors.assistant.place_names import PlaceNames
from processors.assistant.text import CHAT_WORDS, SpellingCorrector, normalise
from processors.festival.hours import festival_day
from processors.festival.live_state import Delay, LiveState, live_state_at
from processors.festival.routing import WalkingMap
from processors.festival.tables import FestivalTables
from processors.festival.walk_search import PathEnds
from processors.support.words import fold_text
from schemas.ids import PlaceId
from schemas.programme import ProgrammeSet
from schemas.venue_map import Place

Language = Literal["es", "en"]
DEFAULT_ZONE = ZoneInfo("Europe/Madrid")


@dataclass(frozen=True, slots=True)
class Slot:
    """A set with the times that are true now: a known delay is included.

    Attributes:
        delay: the live delay, where one is known.
    """

    set: ProgrammeSet
    begin: datetime
    end: datetime
    delay: Delay | None = None

    @property
    def minutes(self) -> int:
        """Return the length in minutes."""
        return round((self.end - self.begin).total_seconds() / 60)


class Festival:
    """Everything that answers are made of.

    Args:
        tables: programme, acts, map and approved answers.
        live: live state, which is used only while it is true.
        zone: time zone of the festival.
    """

    def __init__(
        self,
        tables: FestivalTables,
        live: LiveState | None = None,
        zone: ZoneInfo = DEFAULT_ZONE,
        is_word: Callable[[str], bool] = lambda _word: False,
    ) -> None:
        self.tables = tables
        self.live = live
        self.sets: tuple[ProgrammeSet, ...] = tuple(tables.sets)
        """The programme as it is now."""
        self.closed_paths: frozenset[PathEnds] = frozenset()
        """Paths that somebody closed."""
        self.crowded_paths: frozenset[PathEnds] = frozenset()
        """Paths that walks lead around, where they can."""
        self.zone = zone
        self.days: tuple[date, ...] = tuple(sorted({one.day for one in tables.sets}))
        self.walks = WalkingMap(tables.places.values(), tables.paths, zone) if tables.places else None
        self.place_names = PlaceNames(tables.places, lexicon())
        ordinary = lexicon().vocabulary | concepts().vocabulary | self.place_names.words | _words_of_answers(tables)
        names = {act.id: act.name for act in tables.acts.values()}
        names |= {one.act: one.name for one in tables.sets if one.act not in names}
        self.act_names = ActNames(
            names, ordinary | {fold_text(genre) for act in tables.acts.values() for genre in act.genres}, is_word
        )
        known = ordinary | self.act_names.words | set(CHAT_WORDS.values()) | _COMMON
        self.corrector = SpellingCorrector(known, is_word)
        self.phrases = Phrases.load()
        genres = {genre for act in tables.acts.values() for genre in act.genres}
        self.genres = [
            (genre, re.compile(rf"\b{re.escape(normalise(genre))}\b"))
            for genre in sorted(genres, key=len, reverse=True)
        ]

    def unknown_name(self, text: str, words: str) -> str:
        """Return what looks like a name in a question and is not known here; empty if there is nothing.

        Args:
            text: as it was typed: names are capitalised, unless all is in lower case.
            words: normalised, without the acts that were found.
        """
        capitalised = re.findall(
            r"(?<![.?!¿¡]\s)(?<!^)(?<![¿¡])\b[A-ZÁÉÍÓÚÑ][\wáéíóúñ.']+(?:\s+[A-ZÁÉÍÓÚÑ][\wáéíóúñ.']+)*", text
        )
        ours = self.place_names.words | _DAYS
        for name in capitalised:
            if len(name.split()) > 1 and not set(normalise(name).split()) <= ours:
                return str(name)
            if not all(self.corrector.is_known(word) or len(word) < 2 for word in normalise(name).split()):
                return str(name)
        unknown = [
            word for word in words.split() if len(word) > 3 and word.isalpha() and not self.corrector.is_known(word)
        ]
        return " ".join(unknown) if len(unknown) <= 3 else ""

    def unexplained(self, words: str) -> list[str]:
        """Return the words of a normalised question that the lexicon and ordinary speech do not explain."""
        known = lexicon().vocabulary | _COMMON
        return [word for word in words.split() if len(word) > 3 and word.isalpha() and word not in known]

    def live_at(self, now: datetime) -> LiveState | None:
        """Return the live state while it is true."""
        return live_state_at(self.live, now)

    def day_of(self, moment: datetime) -> date:
        """Return the festival day of a moment."""
        return festival_day(moment, self.zone)

    def slots(self, now: datetime) -> list[Slot]:
        """Return all sets in the order of their begin, with the delays that are known now."""
        live = self.live_at(now)
        delays = {delay.act_id: delay for delay in live.delays} if live else {}
        slots = []
        for one in self.sets:
            delay = delays.get(one.act)
            applies = delay is not None and one.is_performance and self.day_of(delay.new_start) == one.day
            if delay is not None and applies:
                slots.append(
                    Slot(one, delay.new_start.astimezone(self.zone), delay.new_end.astimezone(self.zone), delay)
                )
            else:
                slots.append(Slot(one, one.begin.astimezone(self.zone), one.end.astimezone(self.zone)))
        return sorted(slots, key=lambda slot: (slot.begin, slot.set.stage))

    def place(self, place: PlaceId) -> Place:
        """Return a place of the map."""
        return self.tables.places[place]

    def place_name(self, place: PlaceId, language: Language) -> str:
        """Return the name of a place, without notes in brackets."""
        known = self.tables.places.get(place)
        if known is None:
            return str(place)
        name = known.name_es if language == "es" else known.name_en
        return name.partition(" (")[0] if known.kind != "junction" else name

    def places_of(self, *kinds: str) -> list[Place]:
        """Return the places of some kinds in the order of the map."""
        return [place for place in self.tables.places.values() if place.kind in kinds]

    def closed_now(self, now: datetime) -> frozenset[PlaceId]:
        """Return the places that are known to be closed in spite of their hours."""
        live = self.live_at(now)
        return live.unusable_places() if live else frozenset()


def _words_of_answers(tables: FestivalTables) -> set[str]:
    texts = [
        text for one in tables.answers for text in (one.question_es, one.answer_es, one.question_en, one.answer_en)
    ]
    return {word for text in texts for word in normalise(text).split() if len(word) > 3}


_DAYS = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes sabado domingo july
    julio june junio night noche i we the
    """.split()  # noqa: SIM905 - a list of quoted words would be long
)

_COMMON = set(
    """
    about above after again against almost along already always another answer anyone around asking because
    been before behind being believe between bring brought called could course different doing during early
    either enough evening every everyone everything exactly family father feel first forget friend friends
    front getting girlfriend boyfriend going great group guess happen happens happy having hello heard heavy
    help here house inside instead just kind know later least leave left little long look looking lost love
    make many maybe mean might mine minute minutes money more morning most mother much music must near need
    never next nice night nobody nothing number often okay only open order other outside people person place
    please possible quick quickly quite really right same second seem should since small some someone
    something soon sorry still stuff sure take talk tell thank that their them then there these they thing
    things think this those though through time today together tomorrow tonight toward under until using very
    wait walk want watch water well went were what when where which while who whole whose will with without
    wonder work world would wrong year your yourself playing stage there's saturday friday sunday monday
    thursday afternoon weekend ahora algo alguien alguna alguno algunos amiga amigo amigas amigos antes aqui
    arriba aunque bastante bien buena bueno buenas buenos cada cerca chica chico como creo cual cuales
    cualquier cuando cuanto cuantos dame decir decirme dejar delante dentro desde despues detras dice dime
    donde durante ellas ellos empezar encima encontrar entonces entrar entre esa esas ese esos esta estaba
    estado estamos estan estar estas este esto estos estoy estuve falta favor fuera gente gracias gran grande
    grupo gustaria haber hablar hace hacer hacia hasta hemos hermana hermano hola igual juntos lado lejos
    luego lugar madre manera mejor menos mientras misma mismo momento mucha mucho muchas muchos nada nadie
    necesito necesitamos ninguno ninguna noche nosotros nuestro nuestra nunca otra otras otro otros padre
    padres para parece parte pasado pasar perdon pero persona personas podemos poder podria podrias poner
    porque posible primera primero pronto puede pueden puedes puedo quede quedar quiere quieren quiero
    quisiera rapido saber sabes sabeis sale salir seguir segun segundo seguro sera siempre siguiente sobre
    solo somos supuesto tambien tampoco tanto tarde tardes tenemos tener tengo tenia tiempo tiene tienen
    tienes todas todavia todo todos toma trabajo tras tuyo ultima ultimo unas unos usted ustedes vale vamos
    venir verdad vemos vez vivo voy vuelta seria sabado viernes domingo lunes jueves manana hijos perro banda
    """.split()  # noqa: SIM905 - a list of quoted words would be four pages
)
