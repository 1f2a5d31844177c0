"""Removal of quoted history, in the forms and languages of usual mail programs."""

# ruff: noqa: E501 - mails are easier to read unbroken

from __future__ import annotations

import pytest

from processors.support.html_text import html_to_text
from processors.support.mail_text import customer_text
from processors.support.quoted_history import without_history

OLD = "Hay fuego en la carpa dos y hay gente dentro"
NEW = "Perfecto, ya lo tenemos."

ATTRIBUTIONS = (
    "El lun, 3 jun 2024 a las 10:00, Eva Ruiz (<eva@example.org>) escribió:",
    "El lun., 3 jun. 2024 10:00, Eva Ruiz <eva@example.org> escribió:",
    "El lunes, 3 de junio de 2024, 10:00:00 CEST, Eva <eva@example.org> escribió:",
    "El 3 jun 2024, a las 10:00, Eva Ruiz <eva@example.org> escribió:",
    "El 03/06/2024 a las 10:00, Eva Ruiz escribió:",
    "El 2024-06-03 10:00, Eva Ruiz escribió:",
    "El lun, 3 jun 2024 a las 10:00, Eva Ruiz de los Santos y Fernández (<\neva.ruiz.de.los.santos@example.org>)\nescribió:",
    "Missatge de Eva Ruiz <eva@example.org> del dia dl., 3 de juny 2024 a les 10:00:",
    "El dl., 3 juny 2024 a les 10:00, Eva (<eva@example.org>) va escriure:",
    "El 03/06/2024 a les 10:00, Eva Ruiz ha escrit:",
    "Em seg., 3 de jun. de 2024 às 10:00, Eva <eva@example.org> escreveu:",
    "Eva Ruiz <eva@example.org> escreveu (segunda, 3/06/2024 à(s) 10:00):",
    "No dia 03/06/2024, às 10:00, Eva Ruiz <eva@example.org> escreveu:",
    "Às 10:00 de 03/06/2024, Eva Ruiz escreveu:",
    "Le lun. 3 juin 2024 à 10:00, Eva <eva@example.org> a écrit :",
    "Le 03/06/2024 à 10:00, Eva Ruiz a écrit :",
    "Le 3 juin 2024 à 10:00, Eva Ruiz <eva@example.org> a écrit\u00a0:",
    "Il giorno lun 3 giu 2024 alle ore 10:00 Eva <eva@example.org> ha scritto:",
    "Il 03/06/2024 10:00, Eva Ruiz ha scritto:",
    "Am Mo., 3. Juni 2024 um 10:00 Uhr schrieb Eva <eva@example.org>:",
    "Am 03.06.24 um 10:00 schrieb Eva Ruiz:",
    "On Mon, Jun 3, 2024 at 10:00 AM Eva Ruiz <eva@example.org> wrote:",
    "On 3 Jun 2024, at 10:00, Eva <eva@example.org>\nwrote:",
    "On 6/3/24 10:00, Eva Ruiz wrote:",
    "On Monday, June 3rd, 2024 at 10:00 AM, Eva <eva@example.org> wrote:",
    "Eva Ruiz schrieb am 03.06.2024 um 10:00:",
    "Con fecha 3 de junio de 2024, Eva Ruiz escribió:",
    "2024-06-03 10:00 GMT+02:00 Eva Ruiz <eva@example.org>:",
    "Op ma 3 jun 2024 om 10:00 schreef Eva <eva@example.org>:",
)

HEADERS = (
    "De: Eva Ruiz <eva@example.org>\nEnviado: lunes, 3 de junio de 2024 10:00\nPara: Soporte <s@example.org>\nAsunto: fuego",
    "*De:* Eva\n*Enviado el:* lunes, 3 de junio de 2024 10:00\n*Para:* Soporte\n*CC:* Luis\n*Asunto:* fuego",
    "________________________________\nDe: Eva <eva@example.org>\nEnviat el: dilluns, 3 de juny de 2024\nPer a: Suport\nTema: foc",
    "De: Eva\nEnviada em: segunda-feira, 3 de junho de 2024 10:00\nPara: Suporte\nAssunto: fogo",
    "De : Eva <eva@example.org>\nEnvoyé : lundi 3 juin 2024 10:00\nÀ : Support\nObjet : feu",
    "Da: Eva\nInviato: lunedì 3 giugno 2024 10:00\nA: Supporto\nOggetto: fuoco",
    "Von: Eva\nGesendet: Montag, 3. Juni 2024 10:00\nAn: Support\nBetreff: Feuer",
    "From: Eva\nSent: Monday, June 3, 2024 10:00 AM\nTo: Support\nSubject: fire",
    "-----Mensaje original-----\nDe: Eva\nEnviado el: lunes\nPara: Soporte\nAsunto: fuego",
    "-------- Mensaje original --------\nDe: Eva <eva@example.org>\nFecha: 3/6/24 10:00 (GMT+01:00)\nA: soporte@example.org\nAsunto: fuego",
    "De: Eva <e@x.org> Enviado: lunes, 3 de junio de 2024 10:00 Para: Soporte <s@x.org> Asunto: fuego",
    "*From:* Eva <e@x.org> *Sent:* Monday, June 3, 2024 10:00 *To:* Support *Subject:* fire",
    "Von: Eva Gesendet: Montag, 3. Juni 2024 10:00 An: Support Betreff: Feuer",
    "----- Mensaje anterior -----",
    "##- Por favor, escriba su respuesta por encima de esta línea -##",
    "--- Please reply above this line ---",
    "Nork: Eva <e@x.org>\nBidalia: astelehena, 2024(e)ko ekainak 3 10:00\nNori: S\nGaia: sua",
    "Van: Eva\nVerzonden: maandag 3 juni 2024 10:00\nAan: S\nOnderwerp: vuur",
    "De: Eva\nEnviado: luns, 3 de xuño de 2024 10:00\nPara: S\nAsunto: lume",
    "Obtener Outlook para iOS<https://example.org/ios>\n____________\nDe: Eva <e@x.org>\nEnviado: lunes\nPara: S\nAsunto: x",
    "Baixa Outlook per a iOS\n____________\nDe: Eva\nEnviat: dilluns\nPer a: S\nTema: x",
    "Outlook voor Android downloaden\n____________\nVan: Eva\nVerzonden: maandag\nAan: S\nOnderwerp: x",
    "Lortu iOS-erako Outlook\n____________\nNork: Eva\nBidalia: gaur\nNori: S\nGaia: x",
    '----- Mensaje original -----\nDe: "Eva" <eva@example.org>\nPara: "Soporte" <s@example.org>\nEnviados: Lunes, 3 de Junio 2024 10:00:00\nAsunto: fuego',
)


UNDATED = (
    "Eva escribió:",
    "Eva María de la Cruz escribió:",
    "El lunes, Eva Ruiz escribió:",
    "El 3 jun, Marta escribió:",
    "Eva va escriure:",
    "El dilluns, Eva Ruiz ha escrit:",
    "Eva escribiu:",
    "O luns, Eva Ruiz escribiu:",
    "Eva(e)k hau idatzi du:",
    "Eva Ruizek idatzi zuen:",
    "Na segunda-feira, Eva escreveu:",
    "Eva Ruiz a écrit :",
    "Ieri Eva ha scritto:",
    "Am Montag schrieb Eva Ruiz:",
    "Eva van der Berg schreef:",
    "Op maandag schreef Eva het volgende:",
    "On Monday, Eva Ruiz wrote:",
    "*Soporte Festival escribió:*",
)

REPORTS = (
    "Mi amiga escribió:",
    "Ella escribió:",
    "Mi hermana Eva escribió:",
    "Eva me escribió:",
    "Un chico en el baño escribió:",
    "Alguien escribió:",
    "She wrote:",
    "My friend Eva wrote:",
    "Meine Freundin schrieb:",
    "La meva amiga va escriure:",
)


@pytest.mark.parametrize("line", UNDATED)
def test_line_without_date_begins_history_of_an_answer(line: str) -> None:
    assert customer_text("Re: pago", f"{NEW}\n\n{line}\n\n{OLD}\nVenid") == NEW
    assert customer_text("Re: pago", f"{line}\n> {OLD}\n\n{NEW}") == NEW, "answered below"
    assert OLD in customer_text("pago", f"{NEW}\n\n{line}\n\n{OLD}"), "not an answer: a report of what Eva wrote"


@pytest.mark.parametrize("line", REPORTS)
@pytest.mark.parametrize("subject", ["", "Re: pago"])
def test_report_of_what_somebody_wrote_is_kept(line: str, subject: str) -> None:
    assert OLD in customer_text(subject, f"Esto pasa aquí, en la puerta.\n\n{line}\n\n{OLD}")


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_history_below_an_attribution_is_cut(attribution: str, mark: str) -> None:
    text = f"{NEW}\n\n{attribution}\n\n{mark}{OLD}\n{mark}Venid"
    assert customer_text("", text) == NEW


@pytest.mark.parametrize("headers", HEADERS)
def test_history_below_outlook_headers_is_cut(headers: str) -> None:
    assert customer_text("", f"{NEW}\n\n{headers}\n\n{OLD}\nVenid") == NEW


@pytest.mark.parametrize(
    "html",
    [
        '<div>{new}</div><div class="gmail_quote"><div class="gmail_attr">El 3/6/2024 Eva escribió:</div><blockquote>{old}</blockquote></div>',
        '<p>{new}</p><div class="moz-cite-prefix">El 3/6/24 a las 10:00, Eva escribió:<br></div><blockquote type="cite">{old}</blockquote>',
        '{new}<br><div><br><blockquote type="cite"><div>El 3 jun 2024, a las 10:00, Eva &lt;e@x.org&gt; escribió:</div><div>{old}</div></blockquote></div>',
        '<div>{new}</div><div id="divRplyFwdMsg"><b>De:</b> Eva<br><b>Enviado:</b> lunes, 3 de junio<br><b>Para:</b> S<br><b>Asunto:</b> x</div><div>{old}</div>',
        '<p>{new}</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Eva<br><b>Sent:</b> Monday<br><b>To:</b> S<br><b>Subject:</b> x</p></div><p>{old}</p>',
        '<div>{new}</div><div id="ydp1yahoo_quoted" class="yahoo_quoted"><div>El lunes, 3 de junio de 2024, Eva escribió:</div><div>{old}</div></div>',
        '<div>{new}</div><div id="mail-editor-reference-message-container"><div>{old}</div></div>',
        '<p>{new}</p><p><b>De:</b> Eva <b>Enviado:</b> lunes, 3 de junio <b>Para:</b> S <b>Asunto:</b> x</p><p>{old}</p>',
        '<div>{new}</div><div name="quote" style="border-left: 2px solid #C3D9E5"><b>Von:</b> Eva<div>{old}</div></div>',
        '<div>{new}</div><div class="ms-outlook-mobile-reference-message"><div>{old}</div></div>',
        '<div>{new}</div><div class="protonmail_quote">El lunes, Eva escribió:<blockquote>{old}</blockquote></div>',
    ],
)  # fmt: skip
def test_quoted_html_is_cut(html: str) -> None:
    assert customer_text("", html_to_text(html.format(new=NEW, old=OLD))) == NEW


@pytest.mark.parametrize(
    "text",
    [
        f"> ¿Todo bien?\n{OLD}",
        f"El lun, 3 jun 2024 a las 10:00, S (<s@x.org>) escribió:\n> ¿Todo bien?\n\n{OLD}",
        f"{NEW}\n> ¿Y ahora?\n{OLD}\n> ¿Seguro?\nSí",
        f"Mi amiga me escribió a las 21:30 del 4/7/2026:\n{OLD}",
        f"Eva Ruiz me ha escrito esto el 4/7/2026:\n\n{OLD}",
        f"Nuevo mensaje del formulario\nDe: Eva\nFecha: 4/7/2026\nAsunto: aviso\nMensaje: {OLD}",
        f"New entry\nFrom: Eva <eva@example.org>\nDate: 4/7/2026\nSubject: help\n\nMessage Body:\n{OLD}",
        f"Contacto\nDe: Eva\nFecha: hoy\nPara: web\nAsunto: aviso\n\nCuerpo del mensaje: {OLD}",
        f"Os reenvío esto\n\n-----Mensaje original-----\nDe: Eva\nEnviado: hoy\nPara: S\nAsunto: x\n\n{OLD}",
        f"Mirad lo de abajo, por favor\n\nEl lun, 3 jun 2024 a las 10:00, E (<e@x.org>) escribió:\n> {OLD}",
        f"¿Qué hago?\n\n---------- Mensaje reenviado ---------\nDe: Eva\nFecha: hoy\nPara: S\n\n{OLD}",
        f"See below\n\nBegin forwarded message:\n\nFrom: Eva\nDate: today\nTo: S\n\n{OLD}",
        f"De: la puerta 4\nPara: todos\n{OLD}",
        f"Hola,\n\n> {OLD}",
        f"Pasa esto:\n> {OLD}\n> venid",
        f"URGENTE\n\nEl 3/6/2024 a las 10:00, E (<e@x.org>) escribió:\n> {OLD}",
        f"Os lo paso por si podéis ir\n\nDe: Eva\nEnviado: hoy\nPara: S\nAsunto: x\n\n{OLD}",
        f"Can you handle this please?\n\nFrom: Eva\nSent: today\nTo: S\nSubject: x\n\n{OLD}",
        f"Ha recibido un nuevo mensaje desde su web\n\nDe: Eva\nEnviado: hoy\nPara: S\nAsunto: x\n\n{OLD}",
        f"De: Eva Fecha: hoy Asunto: aviso Mensaje: {OLD}",
        f"To: whom it may concern. {OLD}",
        f"Respondedme sobre la línea de autobús.\n{OLD}",
        f"{NEW}\nDate: prisa\n{OLD}",
    ],
)
def test_what_is_new_is_kept(text: str) -> None:
    assert OLD in customer_text("", text)


def test_forward_in_html_is_kept() -> None:
    html = (
        '<div>Mirad</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>De: Eva<br>'
        f"Date: hoy<br></div>{OLD}</div>"
    )
    assert OLD in customer_text("", html_to_text(html))


def test_indented_text_of_html_is_no_quote() -> None:
    html = f'<div>Hola</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>{OLD}</div></blockquote>'
    assert OLD in customer_text("", html_to_text(html))


def test_answer_below_a_long_quote_is_read() -> None:
    quoted = "\n".join(["> una línea de la historia que ya se conoce y no dice nada nuevo"] * 200)
    assert customer_text("", f"El 3/6/2024 a las 10:00, S <s@x.org> escribió:\n{quoted}\n\n{OLD}") == OLD


def test_name_above_marked_lines_is_cut() -> None:
    assert without_history(f"{NEW}\n\nEva Ruiz escribió:\n> {OLD}") == NEW


def test_only_history_is_read_whole() -> None:
    assert OLD in without_history(f"> {OLD}")


def test_rest_of_a_wrapped_quote_is_cut() -> None:
    quote = "> Una frase larga de la historia que el programa partió en dos líneas sin\nponer la marca"
    assert without_history(f"{NEW}\n\n{quote}") == NEW


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("¿Hay sitio?\n\nUn saludo,\nEva Ruiz\nTel. 600 000 000", "¿Hay sitio?"),
        ("Hi\nThank you,\nmy boy is not breathing", "Hi Thank you, my boy is not breathing"),
        ("- hay fuego\n- venid", "- hay fuego - venid"),
        ("Hola\n--\nSe ha desmayado un chico", "Hola -- Se ha desmayado un chico"),
        ("Is it open?\n\nGet Outlook for Android", "Is it open?"),
        ("Où est l'entrée ?\n\nEnvoyé de mon iPhone", "Où est l'entrée ?"),
    ],
)
def test_signature_is_cut_unless_it_names_a_danger(text: str, expected: str) -> None:
    assert customer_text("", text) == expected


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Re: hay fuego", "Gracias, ya está resuelto", "Gracias, ya está resuelto"),
        ("RE: mi hijo se ha perdido", "Falsa alarma, perdonad", "Falsa alarma, perdonad"),
        ("Re: my boy is missing", "We found him, thank you!", "We found him, thank you!"),
        ("Re: hay fuego", "Gracias, pero sigue saliendo humo", "hay fuego. Gracias, pero sigue saliendo humo"),
        ("Re: hay fuego", "No está resuelto", "hay fuego. No está resuelto"),
        ("Re: hay fuego", "¿Está todo bien?", "hay fuego. ¿Está todo bien?"),
        ("Re: hay fuego", "Nadie viene", "hay fuego. Nadie viene"),
        ("hay fuego", "Falsa alarma", "hay fuego. Falsa alarma"),
    ],
)
def test_subject_is_history_where_a_reply_says_that_all_is_well(subject: str, text: str, expected: str) -> None:
    assert customer_text(subject, text) == expected


@pytest.mark.parametrize(
    "new",
    [
        "Gracias, ¿podéis mirar el pago?",
        "Compré desde la web, gracias",
        "Can you check my refund?",
        "Perfecto, mirad si llega el autobús",
        "Hola Eva, ya estamos en casa",
        "Thanks, see you at the festival",
    ],
)
def test_short_answer_does_not_bring_history_back(new: str) -> None:
    assert customer_text("", f"{new}\n\nEl 3/6/2024 a las 10:00, E (<e@x.org>) escribió:\n> {OLD}") == new


def test_greetings_take_bounded_time() -> None:
    text = "bona" * 80 + "x"
    assert customer_text("", f"{text}\n\n> {OLD}") == text
