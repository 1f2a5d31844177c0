"""Keyword signs: danger, high and low priority in Spanish and English, danger in five others.

They decide mails of a word or three, and what is kept of a text; longer mails are decided by `UrgencyModel`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from processors.support.danger_words import names_danger, without_harmless
from processors.support.words import fold_text


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(phrases) + r")")


# Texts are folded first: lower case, without accents. Each entry is a regular expression that matches from the start
# of a word.
_URGENT = _any_of(
    (
        # health
        r"desmay", r"inconsciente", r"no (?:esta |puede )?respira", r"convulsi", r"infarto", r"ambulancia",
        r"se (?:esta |me )?ahog", r"sangra", r"herid[oa]", r"reaccion alergica", r"anafila", r"sobredosis",
        r"golpe de calor", r"ataque (?:de asma|al corazon|epileptico)", r"intoxica", r"ha perdido el conocimiento",
        r"(?:se ha|me he) (?:roto|caido)", r"necesit\w+ (?:un )?(?:medico|sanitario)", r"le duele el pecho",
        r"unconscious", r"passed out", r"fainted", r"faint(?:s|ing)?\b", r"collapsed\b", r"not breathing",
        r"can.?t breathe", r"can ?not breathe", r"seizure", r"heart attack", r"ambulance", r"bleeding", r"injur",
        r"allergic reaction", r"anaphyla", r"overdos", r"spiked", r"heat ?stroke", r"chest pain", r"paramedic",
        r"need a (?:doctor|medic)", r"broke (?:his|her|my|their) (?:arm|leg|ankle|wrist)", r"first aid",
        # crush, fire, structures
        r"aplasta", r"avalancha", r"estampida", r"nos estan empujando", r"asfixi", r"incendio", r"fuego\b",
        r"hay humo", r"humo (?:en|sale|negro)", r"explosion", r"se (?:cae|esta cayendo|derrumba|hunde)", r"fuga de gas",
        r"olor a gas", r"huele a gas", r"descarga electrica", r"cable(?:s)? suelto",
        r"crush", r"being pushed against", r"stampede", r"trampl", r"suffocat", r"on fire", r"(?:a|the|is) fire\b",
        r"smoke (?:coming|from|in|near)", r"collaps(?:e|ing)", r"gas leak", r"smells? (?:of|like) gas",
        r"electric shock", r"live wire",
        # violence, threat
        r"pelea", r"peleando", r"agresi", r"agred", r"apunal", r"navaja", r"cuchillo", r"pistola", r"arma\b", r"amenaz",
        r"me (?:han|estan) (?:pegado|pegando|tocado|tocando)", r"acos(?:o|ando|ador|ada|ado)\b", r"violad|violacion",
        r"sumision quimica", r"me persigue", r"me (?:estan?|vienen?) (?:per)?siguiendo",
        r"(?:hombre|tipo|tio|persona|gente|alguien|van?|esta) armad[oa]s?\b", r"bomba",
        r"fight(?:ing)?\b", r"assault", r"attacked", r"stabb", r"knife", r"gun\b", r"weapon", r"threaten", r"groped",
        r"harass", r"raped?\b", r"following me", r"stalk", r"punch(?:ed|ing)", r"bomb\b",
        # missing people, despair
        r"(?:nin[oa]|hij[oa]|herman[oa]|menor|bebe)\b.{0,40}\b(?:perdid|desaparec|no (?:lo|la|le) encuentr|sol[oa]\b)",
        r"(?:perdid|desaparec|no encuentr)\w*.{0,30}\b(?:mi hij|al? nin|mi nin|mi bebe|mi hermanit|una? menor)",
        r"suicid", r"quitarme la vida", r"matarme",
        r"(?:lost|missing|can.?t find|cannot find|looking for) (?:my |a |our |the )?(?:\w+ )?"
        r"(?:son|daughter|child|kid|boy|girl|toddler|baby|little)\b",
        r"(?:son|daughter|child|kid|boy|girl|toddler|brother|sister)\b.{0,30}\b(?:is |has |went |gone )(?:been )?"
        r"(?:lost|missing|alone)",
        r"kill myself", r"end my life",
        r"emergencia", r"emergency", r"socorro", r"auxilio", r"\bsos\b",
    )
)  # fmt: skip

_NO_DANGER = _any_of(
    (
        # questions about danger; and bands, food and drinks with dangerous names
        r"(?:salida|numero|telefono|plan|contacto)s? de emergencia", r"emergency (?:exit|number|contact|plan|service)",
        r"fire ?works?", r"fuegos artificiales", r"camp ?fire", r"on fire (?:tonight|last night|yesterday)",
        r"pelea de gallos", r"crush on", r"orange crush", r"injury time", r"gunpowder", r"machine gun",
        r"fight(?:ing)? (?:for|to get|with my (?:bank|phone|ticket))", r"food fight", r"bath bomb", r"sex bomb",
        r"arma (?:un|la|el) ", r"spiked (?:hair|boots)", r"heart ?attack burger",
        r"(?:(?:if|si) (?:it|this|your \w+|its|es|se trata de) ?(?:is |'s |una? |algo )?|(?:for|in) (?:any |an )?)"
        r"(?:urgent|emergenc)\w*(?: \w+)?,? (?:please |por favor,? )?(?:call|dial|contact|phone|ring|write|llam|escrib)"
        r"[^.!?\n]{0,60}",
        r"para (?:asuntos|temas|cuestiones|casos) (?:muy )?urgentes?\b[^.!?\n]{0,60}",
        r"(?:what happens|que (?:pasa|ocurre)) (?:if|si|in case|en caso)\b.{0,60}", r"in case of\b.{0,30}",
        r"en caso de\b.{0,30}", r"primeros auxilios",
        r"(?:perdido|dejado|olvidado) (?:\w+ ){0,2}(?:mochila|bolso|cartera|movil|telefono|llaves|chaqueta|cazadora|"
        r"sudadera|gafas|gorra|peluche|muneca|juguete|reloj|pulsera|entradas?)",
        r"lost (?:\w+ ){0,2}(?:bag|purse|wallet|phone|keys|jacket|coat|hoodie|glasses|cap|hat|teddy|toy|watch|shoes?)",
        r"(?:fue|fuisteis|eres|sois|es) (?:un |una )?bomba",
        r"(?:where|donde|hay|is there|are there).{0,40}(?:first aid|ambulanc)",
        r"(?:puedo|podemos|se puede) (?:llevar|meter|entrar con).{0,30}",
        r"(?:can|may) (?:i|we) (?:bring|take).{0,30}",
    )
)  # fmt: skip

_HIGH = _any_of(
    (
        r"no (?:me |nos )?(?:deja|dejan|puedo|podemos) (?:entrar|pasar|acceder|salir)", r"denegad", r"me han robado",
        r"rob(?:o|aron|ado)\b", r"(?:cobr|carg)\w+ (?:dos|2|varias) veces", r"doble (?:cargo|cobro)",
        r"no funciona", r"no me funciona", r"ahora mismo", r"urgente", r"cuanto antes",
        r"estoy en la (?:puerta|entrada)",
        r"llevo (?:\w+ )?(?:horas|rato|una hora)", r"fraude", r"estafa",
        r"he perdido (?:mi |la |el )?(?:cartera|dni|pasaporte|movil|medica)",
        r"sin (?:saldo|agua)\b", r"tercer correo", r"ultima vez que", r"denuncia", r"abogad", r"silla de ruedas",
        r"can.?t get in", r"cannot get in", r"not let(?:ting)? (?:me|us) in", r"won.?t let (?:me|us)", r"denied",
        r"refused (?:entry|at)", r"stolen", r"robbed", r"charged (?:me )?(?:twice|two times|double)", r"double charge",
        r"(?:does ?n.?t|not|isn.?t|stopped) work", r"right now", r"urgent", r"as soon as possible", r"asap\b",
        r"at the (?:gate|door|entrance)", r"fraud", r"scam",
        r"lost my (?:wallet|passport|id|phone|medic)", r"third (?:mail|e-?mail|time)",
        r"lawyer", r"wheelchair", r"waiting for (?:hours|an hour|over)",
    )
)  # fmt: skip

_LOW = _any_of(
    (
        r"^(?:muchas )?gracias", r"solo queria (?:dar|deciros)", r"enhorabuena", r"felicidades", r"sugerencia",
        r"^thank", r"just wanted to (?:say|thank)", r"congratulations", r"great (?:festival|job|work)", r"suggestion",
        r"newsletter", r"unsubscribe", r"darme de baja", r"colaboracion", r"collaborat", r"seo\b", r"oferta exclusiva",
        r"special offer", r"increase your", r"backlink", r"viagra", r"crypto", r"marketing",
    )
)  # fmt: skip


class UrgencySigns(Struct, frozen=True):
    """Signs found in a text."""

    urgent: bool = False
    """A word that names a danger."""
    high: bool = False
    """A problem that stops somebody now, such as a refused ticket or a theft."""
    low: bool = False
    """Thanks, a suggestion or advertising."""


def urgency_signs(text: str) -> UrgencySigns:
    """Return the signs in a text; a question about an emergency exit is not a sign of danger.

    >>> urgency_signs("Hay una pelea junto a la barra").urgent, urgency_signs("Where is the emergency exit?").urgent
    (True, False)
    """
    words = fold_text(text)
    return UrgencySigns(
        urgent=names_own_danger(text),
        high=_HIGH.search(words) is not None,
        low=_LOW.search(words.strip()) is not None,
    )


def names_own_danger(text: str) -> bool:
    """Return whether a text names a danger in Spanish or English."""
    return _URGENT.search(_NO_DANGER.sub(" ", without_harmless(fold_text(text)))) is not None


def names_any_danger(text: str) -> bool:
    """Return whether a text names a danger in any of the languages."""
    return names_own_danger(text) or names_danger(fold_text(text))
