"""Removal of signatures, notes of telephones and legal notices; never of a text that names a danger."""

# ruff: noqa: E501 - lists of phrases are easier to read and extend in long lines

from __future__ import annotations

import re
from collections.abc import Sequence

from processors.support.urgency import names_any_danger
from processors.support.words import fold_text

MAX_SIGNATURE_LINES, MAX_SIGNATURE_CHARACTERS = 10, 600
"""Lines and characters below "--" that may be a signature; more is text."""

MAX_NAME_LINES, MAX_NAME_WORDS = 6, 7
"""Lines below "Kind regards," that may be a name, an office and a telephone number, and words of each."""

_DELIMITER = re.compile(r"^(?:--|—|__+)\s*$")
_CLOSING = re.compile(
    r"^(?:(?:un |muchos )?(?:cordiale?s? )?saludos?(?: cordiale?s?)?|atentamente|atte|cordialmente|(?:muchas |mil )?gracias|"
    r"un abrazo|best(?: regards| wishes)?|(?:kind |warm )?regards|all the best|(?:many )?thanks|thank you|cheers|sincerely|"
    r"yours (?:sincerely|faithfully|truly)|(?:salutacions|salutacions cordials|atentament|(?:moltes )?gracies)|"
    r"(?:os )?(?:melhores )?cumprimentos|obrigad[oa]|atenciosamente|cordialement|bien cordialement|merci(?: beaucoup)?|"
    r"cordiali saluti|distinti saluti|grazie(?: mille)?|mit freundlichen gru(?:ß|ss)en|viele gru(?:ß|ss)e|danke|"
    r"(?:liebe|beste) gru(?:ß|ss)e)\s*[,.!]*$"
)
_PHONE_NOTE = re.compile(
    r"^(?:enviad[oa] (?:desde|do|a partir|mediante)|enviat des|sent (?:from|with|via)|get outlook for|"
    r"(?:obten|obtener|obtenga|descarga|obter|obter o|baixa|baixeu|obteniu) (?:l')?outlook|envoye (?:de|depuis)|(?:telecharger|obtenir) outlook|"
    r"inviato da|scarica outlook|gesendet (?:von|mit|aus)|von meinem .{1,30} gesendet|outlook fur|verzonden vanaf|outlook voor|lortu .{1,20}outlook|outlook lortu)\b.{0,50}$"
)
_LEGAL_NOTE = re.compile(
    r"^(?:aviso (?:legal|de confidencialidad)|confidentiality notice|disclaimer\b|clausula de confidencialidad|"
    r"(?:este|aquest|this|esta|ce|questo|diese) (?:mensaje|correo|missatge|e-?mail|message|mensagem|messaggio)\b.{0,120}"
    r"confiden|antes de imprimir|please consider the environment|abans d'imprimir)"
)


def is_phone_note(text: str) -> bool:
    """Return whether a text is no more than what a telephone writes below a mail.

    >>> is_phone_note("Enviado desde mi iPhone"), is_phone_note("Enviado el pago, ¿y ahora?")
    (True, False)
    """
    return _PHONE_NOTE.match(fold_text(text).replace("’", "'").strip()) is not None


def without_signature(text: str) -> str:
    r"""Return a text without its signature.

    >>> without_signature("¿Hay sitio?\n\nSaludos,\nAna Gil\n\nEnviado desde mi iPhone")
    '¿Hay sitio?'
    >>> without_signature("Gracias,\npero un chico se ha desmayado")
    'Gracias,\npero un chico se ha desmayado'
    """
    lines = [line for line in text.splitlines() if not is_phone_note(line) or names_any_danger(line)]
    for index, line in enumerate(lines):
        folded = fold_text(line).strip("* ")
        rest = lines[index + 1 :]
        if _LEGAL_NOTE.match(folded) and not names_any_danger(line):
            lines[index] = ""
        elif index and (
            (_DELIMITER.match(folded) and _is_signature(rest)) or (_CLOSING.match(folded) and _is_name(rest))
        ):
            return "\n".join(lines[:index]).strip()
    return "\n".join(lines).strip()


def _is_signature(lines: Sequence[str]) -> bool:
    texts = [line for line in lines if line]
    short = len(texts) <= MAX_SIGNATURE_LINES and sum(map(len, texts)) <= MAX_SIGNATURE_CHARACTERS
    return short and not names_any_danger("\n".join(texts))


def _is_name(lines: Sequence[str]) -> bool:
    texts = [line for line in lines if line]
    if len(texts) > MAX_NAME_LINES or any(len(line.split()) > MAX_NAME_WORDS or "?" in line for line in texts):
        return False
    return not names_any_danger("\n".join(texts))
