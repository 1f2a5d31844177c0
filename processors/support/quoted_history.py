"""Removal of quoted history from a reply: what earlier mails said must not be read as said again.

Known are the lines that Gmail, Outlook, Thunderbird, Apple Mail, Yahoo and others put above a quoted mail, in Spanish,
Catalan, Galician, Basque, Portuguese, French, Italian, German, Dutch and English, also wrapped, and also where the
quoted lines have no mark. Text below lines that begin with ">" is an answer to them and is kept.
"""

# ruff: noqa: E501 - lists of phrases are easier to read and extend in long lines

from __future__ import annotations

import re
from collections.abc import Sequence

from processors.support.words import fold_text
from processors.support.writer_lines import TO_ME, WRITES, names_writer

MAX_ATTRIBUTION_LINES, MAX_ATTRIBUTION_CHARACTERS = 4, 600
"""Lines over which "On …, Ana Gil <…> wrote:" may be wrapped, and their characters."""

MAX_NAME_WORDS = 8
"""Words of "Ana Gil wrote:", which is known by the marked lines below it alone, but in an answer."""

MAX_HEADER_LINES = 10
"""Lines in which all headers of a quoted mail ("From:", "Sent:", "To:", "Subject:") are expected."""

MAX_MARK_CHARACTERS = 160
"""Characters of a line such as "Please reply above this line"."""

MAX_POINTER_WORDS = 25
"""Words of a text that may do no more than point to the mails below it ("see below")."""

# All expressions match folded text: lower case, without accents.
_DATE_INTRODUCTION = re.compile(
    r"^(?:el|on|le|il|am|em|no dia|a|as|op|o|du|den|lun|mar|(?:con|amb|com) (?:fecha|data)|-{2,}|\d)\b|^-{2,}|^\d|"
    r"^(?:[^\W\d_.-]+ ){1,4}schrieb am \d"
)
_DATE = re.compile(
    r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b|\b(?:19|20)\d\d\b|\b\d{1,2}\.? (?:de |d'|di )?[a-z]{3,10}\.?,? .{0,12}\d{1,2}[:.h]\d\d"
)
_OTHER_ATTRIBUTION = re.compile(
    r"^missatge de .{1,200} del dia .{4,120}:$"  # Gmail in Catalan
    r"|^\d{4}-\d\d-\d\d .{0,60}<[^<>]{3,100}>:$"  # Gmail of old
    r"|^(?:quoting|citando a|citant|zitat von|quotation de|citazione da) .{1,120}:$"
)
_ATTRIBUTION_START = re.compile(
    r"^(?:el|on|le|il|am|em|no dia|a|as|op|o|den|con|amb|com|missatge|quoting|citando|citant|zitat|\d+|-{2,})\b|^[^:]{0,80}<|^-{2,}"
)

_ORIGINAL = re.compile(
    r"^[-_ ]{2,}\s*(?:original message|mensaje original|missatge original|mensagem original|message d'origine|"
    r"messaggio originale|ursprungliche nachricht|originele bericht|original-nachricht|reply message|"
    r"mensaje citado|message original|mensaje anterior|previous message|missatge anterior|mensagem anterior|"
    r"message precedent|messaggio precedente|vorherige nachricht)\s*[-_ ]{2,}$"
)
_REPLY_ABOVE = re.compile(
    r"\b(?:repl(?:y|ies)|respon\w+|respuesta|resposta|conteste?|escrib\w+|escriu\w*|escrev\w+|repond\w+|reponse|ecri\w+|"
    r"rispo\w+|scriv\w+|antwort\w*|schreib\w*)\b.{0,40}\b(?:above|encima|arriba|acima|damunt|au-dessus|sopra|"
    r"oberhalb|uber)\b.{0,12}\b(?:this|esta|aquesta|desta|cette|questa|dieser?|the) "
    r"(?:line|linea|linia|linha|ligne|riga|linie)\b"
)
"""Line of a ticket system above the mails of before."""

_FORWARD = re.compile(
    r"^[-_ >]*(?:begin forwarded message|forwarded message|inicio del mensaje reenviado|mensaje reenviado|"
    r"missatge reenviat|inici del missatge reenviat|mensagem (?:reenviada|encaminhada)|"
    r"inicio da mensagem (?:reenviada|encaminhada)|message (?:transfere|reexpedie)|debut du message (?:transfere|reexpedie)|"
    r"messaggio inoltrato|inizio messaggio inoltrato|weitergeleitete nachricht|anfang der weitergeleiteten nachricht|"
    r"doorgestuurd bericht)\b"
)
_KEYS = {
    "from": "from|de|da|von|van|remitente|remetente|expediteur|mittente|absender|desde|nork|nondik|igorlea",
    "sent": "sent|date|fecha|data|datum|enviado|enviado el|enviada?|enviada? em|enviados|enviat|enviat el|envoye|envoye le|"
    "inviato|inviato il|gesendet|gesendet am|verzonden|fecha de envio|data de envio|bidalia|noiz",
    "to": "to|para|a|per a|per|an|aan|destinatario|destinataire|nori|nora|hartzailea",
    "subject": "subject|asunto|assunto|assumpte|tema|objet|sujet|oggetto|betreff|onderwerp|gaia",
    "other": "cc|bcc|cco|copia|copie|kopie|importance|importancia|prioridad|reply-to|responder a|attachments|adjuntos",
}
_HEADERS = {name: re.compile(rf"^[*_ ]*(?:{keys})[*_ ]*:") for name, keys in _KEYS.items()}
_INLINE_KEYS = {
    name: re.compile(rf"(?:^|[\s,;*_>])(?:{keys})[*_ ]*:") for name, keys in _KEYS.items() if name != "other"
}
"""Headers that a program wrote on one line."""

_FORM_FIELD = re.compile(
    r"^[*_ ]*(?:(?:cuerpo del?|your|tu|su|body of the|el|la|the|contenido del?|texto del?|cos del?|corpo d[ao]) )?"
    r"(?:mensaje|message|comentarios?|comments?|consulta|texto|text|body|pregunta|question|query|enquiry|missatge|mensagem|"
    r"messaggio|nachricht|telefono|telephone|phone|nombre|name|nom|nome|correo|e-?mail|descripcion|description|motivo|observaciones)"
    r"(?: [a-z]+){0,3}[*_ ]*:"
)
_INLINE_FORM_FIELD = re.compile(
    r"[\s*_](?:mensaje|message|comentarios?|comments?|consulta|text[oe]?|body|pregunta|question|missatge|mensagem|messaggio|"
    r"nachricht|descripcion|description)[*_ ]*:"
)
_POINTER = re.compile(
    r"\b(?:(?:ved|veis|ver|mirad|mira|leed|lee|lead|vease|como (?:veis|pone)) (?:lo de |el correo de |mas )?(?:mas )?abajo|"
    r"see (?:the \w+ )?below|read below|fyi|fwd|(?:os|te|les?) (?:reenvi\w+|copio|paso (?:este|el) (?:correo|mail|mensaje))|"
    r"reenvi\w+ (?:est|el)\w*|forward(?:ing|ed)|voir ci-dessous|ci-dessous|vedi sotto|siehe unten|"
    r"(?:ver|veja|vejam) (?:em baixo|abaixo)|vegeu (?:mes )?avall|mireu (?:a )?(?:sota|baix)|"
    r"(?:ved|veis|mirad|mira|mire|lee|leed|lea|leedlo|leelo|leer) (?:por favor )?(?:esto|este|lo que)|(?:look at|read|see|check) this|(?:os|te|se) lo (?:paso|mando|envio)|"
    r"(?:es|esto es|va|creo que es) para (?:vosotros|ustedes|usted)|this (?:is|one is) (?:for|yours)|over to you|"
    r"(?:can|could|would) (?:you|someone|somebody) (?:please )?(?:handle|look (?:at|into)|check|deal with|take|see to) (?:this|it|that|care)\b|"
    r"(?:podeis|puedes|pueden|puede) (?:\w+ )?(?:(?:mirar|ver|atender|gestionar|leer)(?:l[oa]s?\b| est[eao]\b)|encargar\w*|ocupar\w*)|encarg(?:aos|ate|uense)|"
    r"(?:nuev[oa]|new|nou|nova|novo|nouveau|nuovo|neue) (?:mensaje|message|consulta|entry|submission|enquiry|missatge|mensagem|"
    r"messaggio|nachricht|formulario)|formulario (?:de )?contacto|contact form|formulari de contacte|"
    r"(?:mensaje|consulta|message|enquiry|missatge|mensagem)\b.{0,30}\b(?:desde|from|a traves de|via) (?:su|tu|la|el|your|the) (?:sitio )?"
    r"(?:web|pagina|website|formulario))\b"
)
_NOTHING_SAID = re.compile(
    r"^\W*(?:(?:hola|buenas|buenos|buen|dias|dia|tardes|noches|noche|hi|hello|hey|dear|good|morning|evening|afternoon|all|team|equipo|a|"
    r"todos|todas|ola|bom|boa|tarde|bon|bona|nit|bonjour|bonsoir|ciao|buongiorno|buonasera|hallo|guten|tag|abend|urgente?|urgent|"
    r"urgentisimo|ayuda|socorro|help|ajuda|aide|aiuto|hilfe|sos|por|favor|please|si us plau|fwd?|rv|esto|this|estimados?)\b\W*)*$"
)
"""Text of no more than a greeting or a call, which is about the mails below it."""


def starts_forward(text: str) -> bool:
    """Return whether a text begins with the line above a forwarded mail, whose content is news.

    >>> starts_forward("---------- Mensaje reenviado ---------"), starts_forward("-----Mensaje original-----")
    (True, False)
    """
    return _FORWARD.match(fold_text(text[:200]).replace("’", "'")) is not None


def without_history(text: str, *, is_answer: bool = False) -> str:
    r"""Return a text without the mails that it quotes; all of it if nothing else is left, or if it only points to them.

    Args:
        text: body of a mail.
        is_answer: True if its subject is that of an answer ("Re: …"). Below "Ana Gil wrote:", without a date or marked
            lines, is history there; elsewhere it may be the news that Ana Gil's friend passes on.

    >>> without_history("Gracias.\n\nAna Gil escribió:\n\nHola", is_answer=True)
    'Gracias.'
    >>> without_history("Gracias.\n\nEl lun, 3 jun 2024 a las 10:00, Ana (<a@b.c>) escribió:\n\nHola")
    'Gracias.'
    >>> without_history("> ¿Dónde?\nEn la puerta 4")
    'En la puerta 4'
    """
    lines = text.splitlines()
    folded = [fold_text(line).replace("’", "'").strip() for line in lines]
    kept: list[str] = []
    index = 0
    while index < len(lines):
        if _FORWARD.match(folded[index]):
            kept += lines[index:]
            break
        end = _attribution_end(folded, index)
        if end and _is_quoted(_next_text(folded, end)):
            index = end
            continue
        if _has_text(kept) and (end or _begins_history(folded, index)):
            break
        if is_answer and _has_text(kept) and not folded[index - 1] and names_writer(lines[index]):
            break
        if _is_quoted(folded[index]) or _is_wrapped_quote(lines, index, kept):
            index += 1
            continue
        kept.append(lines[index])
        index += 1
    if not _has_text(kept) or (len(kept) < len(lines) and _only_points(kept)) or _introduces(kept, lines):
        return text
    return "\n".join(kept).strip()


def _begins_history(folded: Sequence[str], index: int) -> bool:
    """Return whether a line begins what was said before: a mark of it, or the headers of a mail."""
    line = folded[index]
    if _ORIGINAL.match(line) or (len(line) < MAX_MARK_CHARACTERS and _REPLY_ABOVE.search(line)):
        return True
    return _has_inline_headers(line) or _starts_headers(folded, index)


def _has_inline_headers(line: str) -> bool:
    """Return whether a line begins with "From: …" and has two other headers, and no field of a web form."""
    if not (_HEADERS["from"].match(line) or _HEADERS["sent"].match(line)):
        return False
    found = {name for name, pattern in _INLINE_KEYS.items() if pattern.search(line)}
    return "from" in found and len(found) > 2 and not _INLINE_FORM_FIELD.search(line)


def _introduces(kept: Sequence[str], lines: Sequence[str]) -> bool:
    """Return whether the text ends with a colon just above marked lines: what they say is said now."""
    last = max((index for index, line in enumerate(kept) if line.strip()), default=-1)
    if last < 0 or len(kept) == len(lines) or list(kept[: last + 1]) != list(lines[: last + 1]):
        return False
    introduced = fold_text(kept[last]).strip().endswith(":") and not WRITES.search(fold_text(kept[last]))
    return introduced and _is_quoted(_next_text([line.strip() for line in lines], last + 1))


def _is_quoted(line: str) -> bool:
    return line.startswith((">", "&gt;"))


def _has_text(lines: Sequence[str]) -> bool:
    return any(letter.isalnum() for line in lines for letter in line)


def _next_text(lines: Sequence[str], index: int) -> str:
    """Return the first line from an index on that is not empty."""
    return next((line for line in lines[index : index + 4] if line), "")


def _attribution_end(folded: Sequence[str], index: int) -> int:
    """Return the index after the lines "On …, Ana Gil <…> wrote:" that begin here; 0 if none do."""
    if not _ATTRIBUTION_START.match(folded[index]) and not WRITES.search(folded[index]):
        return 0
    joined = ""
    for end in range(index, min(index + MAX_ATTRIBUTION_LINES, len(folded))):
        if not folded[end]:
            return 0
        joined = f"{joined} {folded[end]}".strip()
        short = joined.strip("* ").endswith(":") and WRITES.search(joined) and not TO_ME.search(joined)
        below = _next_text(folded, end + 1)
        if short and len(joined.split()) <= MAX_NAME_WORDS and (_is_quoted(below) or below.startswith("|")):
            return end + 1
        if len(joined) > MAX_ATTRIBUTION_CHARACTERS:
            return 0
        if joined.endswith(":") and _is_attribution(joined.strip("* ")):
            return end + 1
    return 0


def _is_attribution(line: str) -> bool:
    if _OTHER_ATTRIBUTION.match(line):
        return True
    if not WRITES.search(line) or TO_ME.search(line):
        return False
    return "@" in line or (_DATE_INTRODUCTION.match(line) is not None and _DATE.search(line) is not None)


def _starts_headers(folded: Sequence[str], index: int) -> bool:
    """Return whether the headers of a quoted mail begin at this line: sender, and two of date, receiver and subject.

    Lines of a web form ("De: …", "Asunto: …", "Mensaje: …") are not taken for them.
    """
    if not (_HEADERS["from"].match(folded[index]) or _HEADERS["sent"].match(folded[index])):
        return False
    found: set[str] = set()
    others = 0
    for line in folded[index : index + MAX_HEADER_LINES]:
        names = [name for name, pattern in _HEADERS.items() if pattern.match(line)]
        if _FORM_FIELD.match(line):
            return False
        found.update(names)
        others += not names and bool(line)
        if others > 1:  # one line may be the rest of a long list of receivers
            break
    return "from" in found and len(found & {"sent", "to", "subject"}) >= 2


def _is_wrapped_quote(lines: Sequence[str], index: int, kept: Sequence[str]) -> bool:
    """Return whether a line is the end of a long quoted line, which a mail program wrapped without a mark."""
    if not index or not _has_text(kept):
        return False
    before, line = lines[index - 1], lines[index].strip()
    return _is_quoted(before) and len(before) > 60 and line[:1].islower() and len(line.split()) < 6


def _only_points(kept: Sequence[str]) -> bool:
    words = fold_text(" ".join(kept))
    if len(words.split()) > MAX_POINTER_WORDS:
        return False
    return _POINTER.search(words) is not None or _NOTHING_SAID.match(words) is not None
