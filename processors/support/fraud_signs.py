"""Signs of phishing, fraud and advertising in a text: what it threatens or promises, what it asks for, and its links."""

# ruff: noqa: E501 - lists of phrases are easier to read and extend in long lines

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from msgspec import Struct

from processors.support.words import fold_text

MAX_CHARACTERS, MAX_LINKS = 4_000, 20
"""Characters of a text and links in it that are read."""


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(phrases) + r")")


# All expressions match folded text.
_THREAT = _any_of(
    (
        r"(?:cuenta|tarjeta|acceso|perfil|buzon|suscripcion|servicio|account|card|mailbox|profile|subscription|apple id|conta|compte|"
        r"konto|cuenta bancaria) (?:\w+ ){0,4}(?:suspend\w+|bloque\w+|limitad\w+|cancelad\w+|cerrad\w+|desactivad\w+|restringid\w+|"
        r"caduc\w+|locked|limited|restricted|disabled|deactivated|closed|on hold|expire\w*|gesperrt|bloccato|suspendu\w*|suspens\w+)",
        r"(?:suspend|bloque|cancel|desactiv|restring|lock|limit|disabl|deactivat|clos)\w* (?:de )?(?:su|tu|your|la|the) (?:cuenta|tarjeta|acceso|"
        r"account|card|access|mailbox)",
        r"evitar (?:la|el|su) (?:suspension|bloqueo|cancelacion|cierre)|avoid (?:suspension|closure|being)",
        r"(?:contrasena|password|clave|certificado) (?:\w+ ){0,3}(?:caduca|vence|expira|expires?|ha caducado|has expired)",
        r"(?:acceso|inicio de sesion|actividad|movimiento|login|sign-?in|activity|operacion|cargo|compra) (?:\w+ ){0,2}"
        r"(?:no autorizad\w+|sospechos\w+|inusual\w*|unusual|suspicious|unauthori[sz]ed|no reconocid\w+)|"
        r"(?:unusual|suspicious|unauthori[sz]ed) (?:sign-?in|login|activity|access|transaction)",
        r"(?:buzon|mailbox|almacenamiento|storage|cuota|quota) (?:\w+ ){0,3}(?:llen[oa]|full|agotad\w+|excedid\w+|exceeded)",
        r"no (?:hemos podido|se ha podido|pudimos) (?:cobrar|procesar|renovar)|(?:problema con|error en) (?:su|tu|el) (?:pago|facturacion)|"
        r"(?:could ?n.t|unable to|were unable to|failed to) (?:be )?(?:process|charge|renew|authori[sz]e)|payment (?:has )?(?:failed|declined)|"
        r"problem with your (?:payment|billing)",
        r"(?:paquete|envio|parcel|package|shipment|delivery) (?:\w+ ){0,5}(?:retenid\w+|pendiente|held|on hold|aduana\w*|customs|"
        r"no (?:ha podido|se pudo)|waiting|detenid\w+)",
        r"no (?:puede|podra) (?:utilizar|usar|acceder a) (?:su|la|tu) (?:tarjeta|cuenta)|(?:will be|sera|seran) (?:permanently )?(?:disabled|suspended|"
        r"deleted|closed|terminated|eliminad\w+|suspendid\w+|bloquead\w+|cerrad\w+|cancelad\w+)|"
        r"(?:factura|pago|recibo) (?:vencid\w+|impagad\w+|pendiente)|(?:overdue|outstanding|unpaid) (?:invoice|payment|bill)|evite (?:el|la|los)|"
        r"within (?:24|48|72) (?:hours|h)|en (?:las proximas |menos de )?(?:24|48|72) horas",
        r"(?:new|nuevo|un|a) (?:voice ?mail|voice message|fax|mensaje de voz|buzon de voz)|(?:messages?|mensajes?) (?:\w+ ){0,2}(?:quarantine\w*|cuarentena|"
        r"retenidos?|held|undelivered)",
        r"(?:\w+ )?(?:shared|sent) (?:you )?a (?:file|document|folder) with you",
        r"(?:ha|han|has|have) (?:compartido|shared) (?:\w+ ){0,3}(?:documentos?|archivos?|documents?|files?)",
        r"(?:multa|sancion|embargo|deuda|requerimiento) (?:\w+ ){0,3}(?:pendiente|impagad\w+|de trafico|dgt)",
    )
)
_DEMAND = _any_of(
    (
        r"verifi(?:que|car|ca|quen|cacion|cad)\b|verify|confirm(?:e|ar|a)? (?:su|tu|sus|tus|your|the|la|el)\b|"
        r"actuali[cz](?:e|ar|a) (?:su|tu|sus|tus|los|la)\b|"
        r"update (?:your|the)\b|valid(?:e|ar|a|ate) (?:su|tu|sus|your)\b|reactiv\w+|restablec\w+|restore (?:your|access)|unlock|desbloque\w+|"
        r"bloquearlo|introduzca (?:su|sus)|enter your|inici(?:e|ar) sesion|log ?in (?:to|here|now)|sign in (?:to|here|now)|acceda (?:a|al|aqui|desde)|"
        r"mantenga la misma contrasena|keep (?:the )?(?:same|current) password|pague|abone|abonar (?:los|la|el)|"
        r"activ(?:e|ar) (?:el|su|la|tu)\b|appeal (?:here|now)|apele|pagando (?:hoy|ahora|en|aqui)|pay (?:now|here|today)|"
        r"(?:listen|escuch\w+|view it|view (?:the )?(?:document|file|message)|ver (?:el )?(?:documento|archivo|mensaje)|download)\b|"
        r"pay (?:the|a) (?:\w+ )?(?:fee|charge|duty)|gastos de (?:envio|aduana|gestion)",
        r"datos (?:bancarios|de pago|personales|de (?:su|la) (?:tarjeta|cuenta))|bank (?:details|account|data)|payment (?:details|method|information)|"
        r"card (?:number|details)|numero de (?:tarjeta|cuenta)|pin\b|credenciales|credentials",
    )
)
_CLICK = _any_of(
    (
        r"haz clic|haga clic|clic (?:aqui|en)|pulse (?:aqui|en)|pinche (?:aqui|en)|click (?:here|the|on|below)|siga (?:este|el) enlace|"
        r"follow (?:this|the) link",
    )
)
_FORMAL = _any_of(
    (
        r"su (?:cuenta|tarjeta|contrasena|pago|paquete|buzon|suscripcion|envio|acceso)|your (?:account|card|password|payment|"
        r"package|parcel|mailbox|subscription|apple id|paypal)|(?:estimad[oa]|querid[oa]) (?:cliente|usuari[oa])|"
        r"dear (?:customer|user|client|valued|member)|detectado|detected",
    )
)
_FORTUNE = _any_of(
    (
        r"herencia|inheritance|herdeiro|next of kin|difunt[oa]|deceased|late (?:husband|client|father)|beneficiari[oa]|"
        r"loteria|lottery|sweepstake|euromillon\w*|fondos? (?:no reclamad|congelad)\w+|unclaimed funds?|"
        r"millon(?:es)? de (?:dolares|euros|libras)|million (?:us )?(?:dollars|euros|pounds|usd|eur|gbp)|(?:usd|eur|gbp|\$|€) ?\d+(?:[.,]\d+)? ?million",
    )
)
_MONEY_REQUEST = _any_of(
    (
        r"datos bancarios|bank (?:details|account)|abogad[oa]|barrister|attorney|solicitor|transfer\w*|comision|percentage|porcentaje|"
        r"le corresponde|entitled|confidencial\w*|confidential|responda a|contact(?:e|ar)? (?:con )?(?:mi|my|me)|reclam\w+|claim|dona\w+|caridad|charity|viud[ao]|widow|a traves de usted|fundacion",
    )
)
_EXTORTION_MEANS = _any_of(
    (r"bitcoins?|btc\b|criptomoneda\w*|crypto ?currency|monero|gift cards?|tarjetas? (?:de )?regalo|google play card",)
)
_EXTORTION = _any_of(
    (
        r"webcam|camara web|hacke\w+|hacked|(?:he|hemos) grabado|recorded you|te (?:he )?grab\w+|your (?:device|contacts|password)|tus contactos|"
        r"publicare|will publish|wallet|monedero|malware|troyano|trojan|rescate|ransom|"
        r"(?:compr|buy|purchase|get me|necesito que compres)\w*|confidencial|director|ceo\b",
    )
)
_PRIZE = _any_of(
    (
        r"(?:ha|has|hemos) (?:sido )?(?:ganado|seleccionad[oa]|elegid[oa]|agraciad[oa]|premiad[oa])|(?:you have|you've|you are|you were) (?:been )?"
        r"(?:won|selected|chosen|the (?:lucky )?winner)|ganador[a]?\b|afortunad[oa]|lucky winner|congratulations,? you|felicidades,? (?:ha|has) ganado",
    )
)
_PRIZE_CLAIM = _any_of(
    (r"reclam\w+|claim|premio|prize|gift|regalo|iphone|galaxy|vale de|voucher|tarjeta regalo|haga clic|haz clic|click",)
)
_REFUND_BAIT = _any_of(
    (
        r"(?:agencia tributaria|hacienda|seguridad social|tax (?:office|refund)|hmrc|irs|impots)\b.{0,200}\b(?:reembolso|devolucion|refund|rembours\w+)",
    )
)
_NEW_NUMBER = _any_of(
    (r"(?:este es mi|mi|tengo) (?:nuevo|otro) (?:numero|movil|telefono)\b.{0,200}\b(?:transferencia|bizum|dinero|pag\w+)|"
     r"(?:this is )?my new (?:number|phone)\b.{0,200}\b(?:transfer|money|pay)",)
)  # fmt: skip
_UNASKED_OFFER = _any_of(
    (
        r"viagra|cialis|cheap (?:pills|meds|watches)|no prescription|sin receta|casino (?:online|en linea)|giros gratis|free spins|bono de bienvenida|"
        r"apuestas? deportivas?|online betting|chicas (?:solteras|calientes)|hot singles|replica watches",
        r"(?:ofrecemos|concedemos|offer) (?:\w+ ){0,2}(?:prestamos|creditos|loans)|prestamos? (?:urgentes?|rapidos?|sin aval)",
        r"(?:e-?mail|contact|attendees?|visitor) (?:list|database)|lista de (?:correos|asistentes|contactos) (?:de|a)|base de datos de (?:empresas|asistentes)",
        r"(?:trabaj[ea]|work|ingresos|buscamos personas|income)\b.{0,60}\b(?:desde (?:su |tu )?casa|from home)\b.{0,120}\d ?(?:€|euros?|usd|dollars?|\$)|"
        r"(?:gane|gana|earn) (?:hasta )?\d[\d.,]* ?(?:€|euros?|usd|dollars?)",
        r"(?:first|primera) (?:page|pagina|posicion) (?:of|de|en) google|backlinks?|servicios? (?:de )?seo|seo services|"
        r"(?:increase|boost|aumentar?|multiplica) (?:your|sus|tus|las) (?:sales|traffic|ventas|visitas|followers|seguidores)",
    )
)
"""Offers that nobody writes to a festival's desk as a customer."""

_UNSUBSCRIBE_ME = _any_of(
    (r"(?:please|want to|like to|quiero|quisiera|deseo|podeis|puedo|can you|como puedo|how (?:do|can) i) (?:\w+ ){0,4}(?:unsubscribe|darme de baja|"
     r"dar de baja|baja)|unsubscribe me|dadme de baja",)
)  # fmt: skip
_SUPPLIER = _any_of(
    (
        r"(?:cambi\w+|nuev[oa]|actualiz\w+|changed?|new|updated) (?:\w+ ){0,4}(?:cuenta bancaria|iban|datos bancarios|bank (?:account|details))|"
        r"(?:factura|invoice|documento|pedido) (?:\w+ ){0,3}(?:adjunt[oa]|attached).{0,80}(?:habilit\w+|enable|activ\w+) (?:las |the )?(?:macros|contenido|content)",
    )
)
_NEWSLETTER = _any_of(
    (
        r"darse de baja|darte de baja|date de baja|cancelar (?:la |tu |su )?suscripcion|unsubscribe|ver (?:este correo |este email )?en (?:el|tu|su) navegador|"
        r"view (?:this (?:email|message) )?in (?:your )?browser|gestionar (?:tus|sus) preferencias|manage (?:your )?preferences|"
        r"recibes este (?:correo|email|mensaje) porque|you (?:are receiving|received) this (?:email|message) because",
    )
)
_OFFER = _any_of(
    (
        r"ofertas?|descuentos?|rebajas|promocion\w*|\d+ ?% (?:de descuento|off|dto|en)|hasta (?:un )?(?:el )?\d+ ?%|sale\b|discounts?|deals?\b|shop now|"
        r"compra ahora|newsletter|boletin|novedades|coleccion|free trial|prueba gratis|black friday|cupon|envio gratis|free shipping",
    )
)
_REPORT = _any_of(
    (
        r"(?:he|hemos|acabo de|acabamos de) recibi\w+ (?:\w+ ){0,3}(?:correo|e-?mail|mail|mensaje|sms|enlace|whatsapp)|"
        r"(?:me|nos) (?:ha |han |acaba de )?(?:lleg|envia|manda)\w* (?:\w+ ){0,3}(?:correo|e-?mail|mail|mensaje|sms|enlace|esto)|"
        r"(?:i|we)(?:'ve| have)? (?:just )?(?:received|got|gotten|had) (?:\w+ ){0,3}(?:e-?mail|mail|message|text|sms|link)|"
        r"(?:es|sois|son) (?:esto |este |vuestr[oa] |de )?(?:vosotros|vuestr[oa]|real|verdad|fiable|"
        r"seguro|legitim[oa]|falso|una estafa|phishing|spam)|is (?:this|it|that) (?:\w+ )?(?:from you|real|you|yours|legit\w*|a scam|genuine|fake|safe|phishing)|"
        r"(?:parece|huele a|sera|seria) (?:una )?(?:estafa|phishing|fraude|timo|falso)|looks? (?:like (?:a )?)?(?:scam|phishing|fake|suspicious|fishy)|"
        r"(?:correo|mensaje|sms|email|mail|message|text|enlace|link|web) (?:tan |muy |algo |un poco |very |a bit )?(?:sospechos[oa]|suspicious|rar[oa]|extran[oa]|fals[oa]|"
        r"fake|fraudulent\w*|strange)|suplant\w+|se hacen pasar|hacerse pasar|pretend\w* to be you|m'ha arribat|he rebut|recebi um|j'ai recu|ho ricevuto",
    )
)
"""Report of a person who asks about what somebody else sent."""

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]{1,300}")
_SHORTENERS = frozenset(
    [
        "bit.ly",
        "tinyurl.com",
        "goo.gl",
        "t.co",
        "ow.ly",
        "is.gd",
        "cutt.ly",
        "rebrand.ly",
        "shorturl.at",
        "rb.gy",
        "s.id",
        "t.ly",
        "tiny.cc",
        "bitly.com",
    ]
)
_BRANDS = re.compile(
    r"bbva|santander|caixabank|sabadell|bankinter|paypal|pay-?pal|netfli?x|apple-?id|appleid|icloud|microsoft|office365|m365|outlook|amazon|"
    r"correos|dhl|fedex|seur|hacienda|agenciatributaria|hmrc|ing-?direct|whatsapp|instagram|facebook|spotify|sharepoint|onedrive|1drv|dropbox|secure|segur[oi]|login|verif|account|cuenta|banco|bank|billing|webmail|activaci|cobros|appeal"
)
_REAL_BRAND = re.compile(
    r"(?:^|\.)(?:bbva|santander|bancosantander|caixabank|sabadell|bankinter|paypal|netflix|apple|icloud|microsoft|office|outlook|live|amazon|"
    r"correos|dhl|fedex|seur|agenciatributaria|ing|spotify|sharepoint|onedrive|dropbox|whatsapp|instagram|facebook|google)\.(?:gob\.)?(?:es|com|net|org|co\.uk|eu|de|fr|pt|it)$"
)


class FraudSigns(Struct, frozen=True):
    """Signs found in a text."""

    phishing: bool = False
    """It threatens or promises something and asks for secrets, money or a click."""
    advertising: bool = False
    """A newsletter, or an offer that no customer makes."""
    report: bool = False
    """A person reports such a mail, or asks about it."""
    link: bool = False
    suspicious_link: bool = False
    """It has a link whose host hides or imitates somebody, or a link beside a threat, a demand or a promise."""


def fraud_signs(text: str) -> FraudSigns:
    """Return the signs in a text.

    >>> fraud_signs("Su cuenta ha sido suspendida. Verifique su contraseña: https://bank.example.bad/login").phishing
    True
    >>> signs = fraud_signs("He recibido este correo, ¿es vuestro? «Su cuenta será bloqueada: https://x.example.bad»")
    >>> signs.report, signs.suspicious_link
    (True, True)
    >>> fraud_signs("No me llegan las entradas de https://tickets.example.org/order/12").suspicious_link
    False
    """
    text = text[:MAX_CHARACTERS]
    folded = fold_text(text).replace("’", "'")
    links = _LINK.findall(text)[:MAX_LINKS]
    clicks = bool(links) or _CLICK.search(folded) is not None
    threat, demand = _THREAT.search(folded) is not None, _DEMAND.search(folded) is not None
    formal = _FORMAL.search(folded) is not None
    hidden = any(map(_imitates, links))
    promise = (
        (_PRIZE.search(folded) is not None and _PRIZE_CLAIM.search(folded) is not None)
        or (_FORTUNE.search(folded) is not None and _MONEY_REQUEST.search(folded) is not None)
        or (_EXTORTION_MEANS.search(folded) is not None and _EXTORTION.search(folded) is not None)
        or _REFUND_BAIT.search(folded) is not None
        or _SUPPLIER.search(folded) is not None
        or _NEW_NUMBER.search(folded) is not None
    )
    steals = clicks and ((threat and (demand or formal)) or (hidden and (threat or demand)))
    newsletter = (
        _NEWSLETTER.search(folded) is not None
        and _OFFER.search(folded) is not None
        and _UNSUBSCRIBE_ME.search(folded) is None
    )
    return FraudSigns(
        phishing=steals or promise,
        advertising=newsletter or _UNASKED_OFFER.search(folded) is not None,
        report=_REPORT.search(folded) is not None,
        link=clicks,
        suspicious_link=bool(links) and (hidden or threat or promise or demand),
    )


def _imitates(link: str) -> bool:
    """Return whether the host of a link is a bare address, a shortener, an encoded name, or like that of a brand."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = (parts.hostname or "").lower().rstrip(".")
    except ValueError:
        return True
    if "@" in parts.netloc or host in _SHORTENERS or "xn--" in host or not host.isascii():
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _BRANDS.search(host) is not None and _REAL_BRAND.search(host) is None
    return True
