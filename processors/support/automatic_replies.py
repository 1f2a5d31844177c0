"""Recognition of vacation replies, bounces and receipts that carry none of the headers of RFC 3834."""

# ruff: noqa: E501 - lists of phrases are easier to read and extend in long lines

from __future__ import annotations

import re

from processors.support.words import fold_text

MAX_CHARACTERS = 1_500
"""Characters of a text that are read: an automatic reply says what it is at its beginning."""

# All expressions match folded text: lower case, without accents.
_PREFIX = r"^(?:(?:re|rv|fwd?|aw|sv|tr|antw) ?: ?)*\W*"
_SUBJECT = re.compile(
    _PREFIX + r"(?:"
    # vacation replies
    r"respuesta automatica|contestacion automatica|automatic(?:ally generated)? (?:reply|response)|auto[- ]?(?:reply|response)\b|"
    r"auto(?:reply)?:|resposta automatica|reponse automatique|risposta automatica|automatische antwort|automatisch antwoord|automatiskt svar|automatisk svar|"
    r"out of (?:the )?office|fuera de (?:la )?oficina|fora de l'oficina|fora do escritorio|fuori (?:ufficio|sede)\b|"
    r"absen[ct]e? du bureau|message d'absence|abwesenheits\w+|abwesend:|afwezig(?:heid)?:|autosvar|ausencia:|ausente:|absence:|vacation (?:reply|response|message)|"
    # bounces
    r"undeliver(?:ed|able)\b|(?:mail )?delivery (?:status notification|failure|failed|has failed|system)|mail delivery (?:failed|system)|"
    r"delivery (?:delayed|incomplete)|returned mail\b|failure notice|message (?:not delivered|undeliverable)|"
    r"(?:mensaje|correo) (?:no entregado|devuelto)|no se (?:ha podido|pudo|puede) entregar|error (?:de|en la) entrega|"
    r"notificacion de (?:estado de )?(?:la )?entrega|entrega (?:fallida|incorrecta)|no s'ha pogut lliurar|missatge no lliurat|"
    r"falha na entrega|(?:mensagem )?nao entregue|echec de (?:la )?(?:remise|livraison|distribution)|non remis\b|"
    r"unzustellbar|zustellung\w* (?:fehlgeschlagen|nicht moglich)|nicht zustellbar|mancat[oa] (?:recapito|consegna)|"
    r"consegna (?:non riuscita|fallita)|impossibile recapitare|onbestelbaar|"
    # receipts
    r"(?:read|leido|llegit|lida|lu|letto|gelesen) ?: )"
)
_SENDER = re.compile(
    r"\b(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon)@|mail delivery (?:system|subsystem|service)|"
    r"microsoft outlook <microsoftexchange"
)
_AWAY = re.compile(
    r"(?:estoy|estare|estamos|me encuentro|estaremos) (?:\w+ )?(?:fuera de (?:la )?oficina|de vacaciones|ausente|de baja)|"
    r"(?:i am|i'm|i will be|we are|i am currently) (?:currently )?(?:out of (?:the )?office|away from (?:the |my )?(?:office|desk)|"
    r"on (?:annual )?(?:leave|holiday|vacation))|(?:soc|estic|estare|sere) (?:fora de l'oficina|de vacances)|"
    r"(?:estou|estarei) (?:fora do escritorio|ausente|de ferias)|je (?:suis|serai) (?:actuellement )?(?:absente?|en (?:conge|vacances))|"
    r"(?:sono|saro) (?:attualmente )?(?:fuori (?:ufficio|sede)|assente|in ferie)|"
    r"ich bin (?:[\w.]+ ){0,5}(?:nicht im buro|abwesend|im urlaub|ausser haus)|"
    r"(?:este|aquest) es un (?:mensaje|correo|missatge) automatic|this is an auto(?:matic|mated)|"
    r"(?:hemos recibido su|we have received your|your) (?:mensaje|correo|message|e-?mail|request) (?:y|and|has been received|sera)"
)
_AWAY_DETAIL = re.compile(
    r"hasta el|until|fins (?:al|el)|ate (?:ao )?(?:dia )?\d|jusqu'?au|fino al|bis (?:zum )?\d|no (?:puedo|podre) (?:leer|responder|contestar)|"
    r"(?:no|limited|without) access to (?:my )?e-?mail|(?:respondere|contestare|reply|respond|answer|get back|responderei|respondrai|"
    r"repondrai|rispondero|antworten?)\b|(?:my|mi|a mi|al meu|mon|mein\w*|il mio) (?:return|vuelta|regreso|regres|retorn|retour|ruckkehr|ritorno)|"
    r"(?:asuntos|temas|matters|questions|cas|casos|dringend\w*) .{0,20}(?:urgen|dringend)|urgent|acceso (?:limitado )?al correo|"
    r"no responda|do not reply|please do not|no-?reply"
)
_BOUNCE_TEXT = re.compile(
    r"(?:could|can) ?not be delivered to|delivery to the following recipient|was not delivered to|undeliverable|user unknown|"
    r"no (?:se )?ha podido (?:entregar|ser entregado)|no se pudo entregar (?:el|su) (?:mensaje|correo)|"
    r"(?:mailbox|buzon|boite|postfach|casella) (?:is )?(?:full|unavailable|lleno|pleine|voll|piena)|550[ -]5\.\d\.\d"
)
_BOUNCE_DETAIL = re.compile(
    r"\b(?:smtp|mx\.|550|554|5\.1\.1|recipients?|destinatari\w*|permanent|mail system|host)\b|<[^<>@\s]+@[^<>\s]+>"
)


def is_automatic_reply(subject: str, sender: str, text: str) -> bool:
    """Return whether a program answered, by subject, sender, or two signs in the text.

    >>> is_automatic_reply("Respuesta automática: Consulta", "", ""), is_automatic_reply("Automatic gate broken", "", "")
    (True, False)
    """
    if _SUBJECT.search(fold_text(subject[:200]).replace("’", "'")) or _SENDER.search(sender.lower()):
        return True
    words = fold_text(text[:MAX_CHARACTERS]).replace("’", "'")
    if "?" in words or not (subject or sender):  # posts on social networks have neither
        return False
    away = _AWAY.search(words) is not None and _AWAY_DETAIL.search(words) is not None
    return away or (_BOUNCE_TEXT.search(words) is not None and _BOUNCE_DETAIL.search(words) is not None)
