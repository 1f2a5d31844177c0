"""Kinds of facts that a question asks for, and whether an approved answer holds one of that kind.

An answer about the same topic without the fact is a wrong answer: "how many lockers are there?" is not answered by
what a locker costs.
"""

from __future__ import annotations

import re
from functools import lru_cache

from processors.assistant.lexicon import concepts
from processors.assistant.text import normalise

AMOUNT = re.compile(r"[€$£%]|\b(?:gratis|free|gratuit\w*|sin coste|sin comision|no fee|euros?)\b")
CLOCK = re.compile(
    r"\d{1,2}:\d{2}|\b24 (?:horas|hours)"
    r"|\d{1,2} (?:de )?(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|june|july|may|august)"
)

_NUMBER = r"(?:\d[\d.,]*|un|una|one|dos|two|tres|three|cuatro|four|cinco|five|seis|six|siete|seven|ocho|eight|diez|ten)"
_COUNTED = re.compile(rf"\b{_NUMBER}(?= (\w+)(?: (\w+))?)")
_HOW_MANY = re.compile(r"\b(?:how many|cuant[oa]s|que numero de|what number of) (?:de )?(\w+)")
_FREELY = re.compile(r"\b(?:as often|tantas veces|las veces|ilimitad\w+|unlimited)\b")
_PAYS = re.compile(r"\b(?:cuanto|how much)\b.{0,20}\b(?:pag\w+|pay\w*|cost\w*|cuest\w*|val(?:e|en|dra)|cobr\w*)\b")
_TIMES = frozenset({"times", "veces", "vez"})
_ROOM = re.compile(r"\b(?:fits?|caben?|hold|holds|capacity|capacidad|tiene|tienen|have|has)\b")
_PLACES = re.compile(rf"\b{_NUMBER} (?:\w+ )?(?:spaces|places|plazas|seats|personas|people)\b")
_STEM = 4

_KINDS: tuple[tuple[str, str], ...] = (
    # asked for, and what an answer must then have
    (r"(?:what|which) colou?rs?|(?:de )?que color\w*",
     r"orange|naranja|yellow|amarill\w+|red|roj[oa]|green|verde|blue|azul|violet\w*|purple|morad\w+|white"
     r"|blanc\w+|black"),
    (r"(?:e ?mail|mail|correo)(?: address| electronico)?", r"\w+ \w+ example|@|\w+@\w+|e ?mail\w*|correo\w*"
     r"|escrib\w+|write"),
    (r"(?:phone|telephone) number|numero de telefono|telefono (?:de|del|tien\w+)|que telefono|what number",
     r"\d{3,}"),
    (r"how long (?:does|do|will|is|are|would|before|until)|cuanto (?:tiempo )?(?:dura\w*|tarda\w*|tiempo)",
     r"\d+ (?:minut\w+|hour\w*|hora\w*|working|business|days?|dias?|weeks?|semanas?|months?|mes\w*)|\d+:\d+"
     r"|24 hours"),
    (r"how (?:big|large|tall|high|wide|heavy|deep|far)|cuanto (?:mide\w*|pesa\w*)|que (?:tamano|medidas?|altura"
     r"|altitud|peso)"
     r"|what size|a que distancia|how much does \w+ weigh",
     r"\d+ ?(?:cm|m|km|kg|l|litros?|lit(?:re|er)s?|metros?|met(?:re|er)s?)|× ?\d|\d+ (?:x )?\d+"),
    (r"how old|what age|(?:a|de|con|desde|que) (?:que )?edad", r"\d+"),
    (r"(?:what|which) (?:brand|make|model)s?|(?:de )?que (?:marca|modelo)s?", r"marcas?|brands?"),
    (r"who (?:designed|runs?|owns?|manages?|directs?|made|built|founded|organi[sz]es|invented|created|pays|won"
     r"|sponsors?"
     r"|is (?:the|in charge|responsible|behind))|quien (?:es|dirige|disen\w+|gestiona|fundo|organiza|manda"
     r"|patrocina|creo"
     r"|gano|construyo|esta detras)|como se llaman?|(?:what is|s) the name of|nombre (?:de la|del|de) (?:persona"
     r"|jef\w+|direct\w+"
     r"|medic\w+|encargad\w+|empresa|compania|responsable)|(?:which|what|que) (?:\w+ )?(?:company|firm|empresa"
     r"|compania)",
     r"(?!)"),
    (r"refund\w*|reimburs\w*|money back|reembols\w+|(?:regres|devuelv|devolv|reintegr)\w+ (?:\w+ ){0,2}(?:dinero"
     r"|plata|pasta"
     r"|importe|lana)", r"refund\w*|devol\w+|devuelv\w*|fianza|deposit|money|saldo|balance|vuelve|back"),
    (r"rent|rents|rental|hire|hiring|alquil\w+|arriend\w+|rentan?", r"rent\w*|hire|lends?|borrow\w*|alquil\w+|prest\w+"
     r"|batería|bateria|power bank"),
    (r"(?:do|does) (?:you|they|the \w+) sell|venden|vendeis|vende|se venden?",
     r"sells?|sold|buy|vend\w+|compr\w+|costs?|cuesta\w*|sirv\w+|serv\w+"),
    (r"salary|wage|how much (?:do|does|are) \w+ (?:earn|paid|make)|cuanto (?:ganan?|cobran)|sueldo|salario",
     r"salary|wage|paid|sueldo|salario|remunerad\w+"),
    (r"why|por que (?!no (?:vamos|me))|what is the reason|a que se debe", r"because|since|porque|para que|debido"
     r"|ya que|due"),
)  # fmt: skip
_ASKED_AND_HELD = tuple((re.compile(rf"\b(?:{asked})\b"), re.compile(rf"(?:{held})")) for asked, held in _KINDS)


@lru_cache(maxsize=1024)
def _plain(text: str) -> str:
    return normalise(text)


def holds_asked_fact(words: str, signals: frozenset[str], text: str) -> bool:
    """Return False if an answer lacks the kind of fact that is asked for, such as a price or a count.

    Args:
        words: the question, normalised.
        signals: meanings of the question.
        text: the answer.

    >>> asks_price = frozenset({"price"})
    >>> holds_asked_fact("how much is it", asks_price, "We open at 14:00.")
    False
    >>> holds_asked_fact("how many lockers are there", frozenset(), "A small locker costs €6 a day.")
    False
    >>> holds_asked_fact("how many spaces are there", frozenset(), "There are 24 free spaces.")
    True
    """
    folded = text.lower()
    if ("price" in signals or _PAYS.search(words)) and not AMOUNT.search(folded):
        return False
    plain = _plain(text)
    if (
        "where" not in signals
        and {"when", "open", "close"} & signals
        and not (CLOCK.search(plain) or CLOCK.search(folded))
    ):
        return False
    counted = _HOW_MANY.search(words)
    if counted is not None and not (
        holds_count(counted.group(1), plain) or (_ROOM.search(words) and _PLACES.search(plain))
    ):
        return False
    return all(
        held.search(plain) or held.search(folded) for asked, held in _ASKED_AND_HELD if asked.search(words) is not None
    )


def holds_count(noun: str, plain: str) -> bool:
    """Return True if a text says how many of something there are.

    >>> holds_count("drinks", "with at most 4 drinks per purchase"), holds_count("showers", "hot ones cost 2")
    (True, False)
    """
    if noun in _TIMES and _FREELY.search(plain):
        return True
    topics = concepts().names("concepts", noun)
    return any(
        word is not None and (word[:_STEM] == noun[:_STEM] or bool(topics & concepts().names("concepts", word)))
        for match in _COUNTED.finditer(plain)
        for word in match.groups()
    )
