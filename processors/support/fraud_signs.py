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
        r"(?:intentos? de acceso|(?:login|sign-?in|access) attempts?)|(?:acceso|inicio de sesion|actividad|movimiento|login|sign-?in|activity|operacion|cargo|compra) (?:\w+ ){0,2}"
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
        r"(?:multa|sancion|embargo|deuda|requerimiento) (?:\w+ ){0,3}(?:pendiente|impagad\w+|sin (?:abonar|pagar)|de trafico|dgt)",
        r"(?:no (?:pudo|ha podido|pudimos|se pudo) (?:ser )?entreg\w+|could not be delivered|missed (?:your )?delivery|entrega fallida)",
        r"(?:limitado|suspendido|bloqueado|restringido|cancelado) (?:temporalmente )?(?:su|sus|tu|tus|el|la|las|los) |(?:se )?(?:cancelara|suspendera|"
        r"eliminara|bloqueara|cerrara|perdera)\b|(?:has been )?(?:scheduled for|marked for) (?:deletion|removal|closure)|violates? (?:our )?(?:community|terms)|"
        r"(?:to|will|para|y) (?:avoid (?:losing|interruption)|lose (?:access|your)|no perder|perdera)|(?:dominio|domain) (?:\w+ ){0,3}(?:expir\w+|caduc\w+|vence)",
        r"(?:reembolso|devolucion|refund|rebate|rembours\w+) (?:de |of )?(?:[\d.,]+ ?(?:€|eur|euros)|\$ ?\d|disponible|available|pendiente|pending)|"
        r"(?:pago|cobrado|paid|charged) de mas|overpaid|overcharged",
        r"(?:si (?:usted )?no (?:ha|has|fue|fuiste) (?:sido |realizado |hecho )?|if (?:this|it) was ?n.?t you|if you did ?n.?t (?:make|request|authori\w+))",
        r"(?:se )?(?:ha )?(?:solicitado|iniciado|registrado) (?:un|una) (?:retirada|transferencia|compra|cargo)|withdrawal (?:request|was)|new device",
        r"(?:must|need to|required to|debe\w*|es obligatorio|obligatoriamente) (?:migrate|upgrade|re-?validate|verify|migrar|actualizar|verificar|renovar)",
        r"(?:tarjeta|dni|certificado|licencia|plan|suscripcion|poliza|card|licen[cs]e|plan|subscription|policy) (?:\w+ ){0,3}(?:caduca\w*|vence\w*|expir\w+)",
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
_ACTION = re.compile(
    r"(?:\b(?:verifique|verifica|actualice|actualiza|confirme|confirma|complete|completa|consulte|consulta|solicit[eoa]\w*|acceda|accede|entre|entra|pulse|pulsa|"
    r"pinche|pincha|introduzca|introduce|programe|programa|abone|abona|pague|paga|renuev[ea]\w*|reclam[ea]\w*|cancel[ea]\w*|anul[ea]\w*|descargue|descarga|revise|revisa|active|activa|"
    r"anade|anada|regularice|regulariza|registrese|registrate|reproduc\w+|escuche|escucha|lea|valide|valida|inicie sesion|inicia sesion|desbloque[ea]\w*|evite|firme|firma|"
    r"comience|empieza|invierta|invierte|gane|gana|siga|sigue)\b|"
    r"(?:^|[.!?:,;\n] ?|\b(?:please|to|and|now|can|must) )(?:log ?in|sign(?: in)?|verify|confirm|update|renew|cancel|submit|view|review|download|play|claim|deposit|"
    r"click|pay|open|track|reschedule|schedule|restore|unlock|activate|register|join|buy|order now|get (?:it|your)|start|apply|secure|upgrade|validate|release|migrate|"
    r"listen (?:here|now|to (?:your|the|it))|read (?:it|your|the message)|visit|appeal)\b)[^\n]{0,120}?(?:https?://|www\.|\baqui\b|\bhere\b)"
    r"|\b\w{4,40}[aei]l[oa]s?\b[^\n]{0,12}?(?:https?://|www\.|\baqui\b)"
)
"""Order to one stranger to do something at a link; customers ask, and speak to several ("mirad", "podéis")."""

_YOURS = _any_of(
    (
        r"(?:su|sus|tu|tus|your) (?:\w+ ){0,2}(?:cuenta|tarjeta|contrasena|pago|paquete|buzon|suscripcion|envio|acceso|factura|pedido|compra|plan|pagina|dominio|perfil|"
        r"banca|reembolso|documento|mensaje|nombre|telefono|dispositivo|account|card|password|payment|package|parcel|mailbox|subscription|invoice|order|page|domain|"
        r"profile|device|document|message|messages|wallet|computer|name|email|delivery|refund|tax)s?\b",
        r"(?:te|le|you) (?:ha |han |has )?(?:enviado|compartido|sent|shared)|(?:sent|mentioned|invited|tagged) you|you (?:are eligible|qualify)|le corresponde|for you\b|contigo\b|tienes? \d+|you have \d+",
    )
)
_DEADLINE = _any_of(
    (
        r"hoy\b|manana\b|ahora\b|inmediat\w+|urgente\w*|ultim[oa] (?:aviso|dia|recordatorio)|antes de(?:l)?\b|\d+ (?:horas|dias)\b|hours?\b|today\b|tomorrow\b|"
        r"now\b|immediately|final (?:notice|reminder|warning)|\d+ days?\b|expir\w+|caduc\w+|action required|accion requerida",
    )
)
_AMOUNT = re.compile(r"\d[\d.,]* ?(?:€|eur|euros|usd|\$|£|libras|dollars|pounds|btc)|[$€£] ?\d")
_OWN_MATTER = _any_of(
    (
        r"(?:mi|mis|my|meu|meus|minha|minhas|meva|meves|mon|ma|mes|meine?[nmr]?|mio|mia|miei|mie) (?:\w+ ){0,2}(?:cuenta|account|compte|conta|konto|tarjeta|card|carte|"
        r"cartao|entradas?|tickets?|bilhetes?|billets?|bigliett\w+|pulseras?|wristbands?|pedido|order|abonos?|pago|payment|contrasena|password|movil|phone|"
        r"hij\w+|son|daughter|amig\w+|friends?|novi\w+|nombre|name|saldo|balance|reserva|booking|coche|car|banco|bank|plazo|mochila|cartera|dni)\b",
        r"(?:me|nos) (?:habeis|han|hais|haveu|cobr\w+|deja\w*|llega\w*|sale|pone)\b|no (?:me|nos) \w+|no (?:puedo|podemos|consigo|encuentro|carga|funciona|deja|va|abre|aparece|hay|llega)\b|(?:da|sale) (?:un )?error|(?:does ?n.t|do ?n.t|not) (?:work|open|load|arriv)\w*|still pending|is broken|"
        r"i (?:can ?not|can.t|could ?n.t|did ?n.t|have ?n.t|never|still)\b|charged me\b|you (?:have )?charged\b|nao consigo|je n'arrive|non riesco|ich kann",
        r"(?:please )?(?:send|refund) (?:me|us|the refund)\b",
    )
)
_FIRST_PERSON = _any_of(
    (
        r"(?:compre|compramos|pague|pagamos|gane|perdi|solicite|participe|reserve|(?:he|hemos) (?:comprado|pagado|ganado|perdido|reservado|visto|solicitado|recibido)|"
        r"quiero|queremos|quisiera|necesito|necesitamos|me gustaria|nos gustaria|queria|queriamos|soy|somos|estoy|estamos|tengo|tenemos|voy|vamos|llevamos)\b",
        r"i(?:'m|'ve|'d| am| are| have| had| would| want| need| bought| paid| ordered| booked| won| lost| got| work| live| saw| was| were)\b",
        r"(?:podeis|podrias?|podriais|pueden|teneis|tienen|sabeis|quedan|hay|donde|cuando|cuanto|a que hora|que dia|como (?:puedo|podemos|hago|hacemos|cambio|pido|recojo|"
        r"consigo|llego|se)|se puede)\b[^.!]{0,200}\?|(?:can|may|could|should) i\b|(?:is|are) there\b|(?:where|when|how) (?:do|can|is|are|does|much|late)\b|"
        r"do you (?:accept|sell|have|allow|know|take)\b|(?:can|could) you (?:please )?(?:tell|help|check|send|resend|verify|confirm|change|cancel)\b",
    )
)
_FIRST_PLURAL = _any_of(
    (
        r"we(?:'ve|'d|'re| are| have| had| would| want| need| bought| paid| ordered| booked| won| lost| got| saw| were)\b",
    )
)
"""Fraud writes so, too."""

_FESTIVAL = _any_of(
    (
        r"entradas?\b|tickets?\b|pulseras?\b|wristbands?\b|festival\w*|campings?\b|camp ?sites?\b|escenarios?\b|stages?\b|concier\w+|concerts?\b|abonos?\b|puertas?\b|"
        r"gates?\b|sorteo\b|giveaway|concurso|cashless|recinto|venue|parking|aparca\w+|cartel\b|line-?up|barras?\b|food truck|acredita\w+|accredit\w+|bilhetes?|billets?|"
        r"bigliett\w+|karten\b|entrades?\b|voluntari\w+|volunteer\w*|camarer\w+|taquilla|lavabos|banos|autobus|shuttle|toca(?:r|is)?\b|artistas?\b|bands?\b|grupos?\b|musica\b|music\b|backstage|headliner|dj\b|gig\b",
    )
)
_DESK = _any_of(
    (
        r"(?:os|vosotr[oa]s|vuestr[oa]s?|usteds?|ustedes|habeis|podeis|teneis|vendeis|pedisteis|dijisteis|sois|estais|senores|haveu|podeu|teniu|voces|vossos?|vos billets|"
        r"mirad|venid|leed|escuchad|mandad\w*|enviad\w*|decid\w*|ayudad\w*|tened|haced|poned|responded|contestad\w*|llamad\w*|avisad\w*|verificad|revisad|"
        r"arreglad\w*|quitad|bajad|abrid|cerrad|\w{3,}(?:asteis|isteis|[ae]is))\b",
        r"your (?:festival|site|website|web|app|newsletter|bars?|staff|security|team|link|people|volunteers|toilets?|shop|promo code)\b|(?:is|was|does|has) (?:this|it) "
        r"(?:from you|you|yours)\b",
        r"(?:would|'d) (?:like|love) to (?!inform|offer|introduce|share|help)|you (?:told|sent|said|promised|wrote|asked|guys)\b|(?:i|me|mi|mis|my|jo|yo|je|ich|io|eu)\b",
    )
)
"""Words of people who speak of themselves, or to the desk as several people."""

_FREE = _any_of(
    (
        r"gratis|free\b|regalo|gift|premi\w+|prize|winner|gana\w*|bono\b|oferta|cheaper|\d+ ?% (?:off|cheaper|dto|menos)|mitad de precio|half price|llevate",
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
        r"mi fortuna|my (?:fortune|estate)|dead (?:customer|client)|[£$€] ?\d{3}[.,]\d{3}|(?:awarded|partida|premio de) [£$€]|\d{1,3}(?:[.,]\d{3}){2,} (?:de )?(?:euros|dolares|usd|eur|dollars)|(?:usd|eur|gbp|\$|€|£) ?\d{1,3}(?:[.,]\d{3}){2,}|millon(?:es)? de (?:dolares|euros|libras)|million (?:us )?(?:dollars|euros|pounds|usd|eur|gbp)|(?:usd|eur|gbp|\$|€) ?\d+(?:[.,]\d+)? ?million",
    )
)
_MONEY_REQUEST = _any_of(
    (
        r"datos bancarios|bank (?:details|account)|abogad[oa]|lawyer|notari[oa]|answer me|(?:copia|copy) de (?:su|tu)|barrister|attorney|solicitor|transfer\w*|foreign partner|socio|you will (?:keep|receive)|(?:reply|send|respond\w*|envie|mande) (?:\w+ ){0,2}(?:your|su|sus|tu|with)|obras? benefica\w*|buena fe|correo (?:privado|personal)|claims? agent|comision|percentage|porcentaje|"
        r"le corresponde|entitled|confidencial\w*|confidential|responda a|contact(?:e|ar)? (?:con )?(?:mi|my|me)|reclam\w+|claim|dona\w+|caridad|charity|viud[ao]|widow|a traves de usted|fundacion",
    )
)
_EXTORTION_MEANS = _any_of((r"bitcoins?|btc\b|criptomoneda\w*|crypto ?currency|monero|(?:bc1|1|3)[a-z0-9]{25,39}\b",))
_GIFT_CARDS = _any_of(
    (
        r"gift cards?|tarjetas? (?:de )?(?:regalo|amazon|google|steam|apple|itunes)|google play card|(?:amazon|steam|apple|itunes) cards?",
    )
)
_EXTORTION = _any_of(
    (
        r"webcam|camara web|hacke\w+|hacked|(?:he|hemos) grabado|recorded you|te (?:he )?grab\w+|your (?:device|contacts|password)|tus contactos|"
        r"publicare|will publish|wallet|monedero|malware|troyano|trojan|rescate|ransom|virus\b|"
        r"videos? (?:tuy|de ti|of you)\w*|tu familia|your (?:family|friends)|(?:mande|manda|envia|send) (?:\w+ ){0,3}(?:foto|codigo|code|picture)s?|"
        r"(?:buy|get) (?:me )?(?:some|\d)|compr(?:a|e|es|ar) \d|(?:necesito|quiero) que compres|codigos|jefe\b|boss\b|confidencial|director|ceo\b",
    )
)
_PRIZE = _any_of(
    (
        r"(?:ha|has|hemos) (?:sido )?(?:ganado|resultado premiad[oa]|seleccionad[oa]|elegid[oa]|agraciad[oa]|premiad[oa])|(?:you have|you've|you are|you were) (?:been )?"
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
_ERRAND = _any_of(
    (
        r"(?:in|en) (?:a|una) (?:meeting|reunion|conference|conferencia)\b.{0,200}\b(?:payment|pago|transfer\w*|gift|tarjetas? regalo|cards?|task|discre\w+|confiden\w+)",
        r"(?:abra|abre|open|descargue|download|vea|view|see) (?:\w+ ){0,3}(?:archivo|fichero|file|adjunto|attach\w+|documento|document)\b.{0,40}\b(?:html?|zip|js|exe|iso|macros?)\b",
    )
)
"""Errand in the name of the management, and attachments that are programs or forms."""

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
        r"(?:trading|forex|invest\w*|inversion\w*|inviert\w+|crypto\w*|bitcoins?|criptomoned\w*|tokens?)\b.{0,160}(?:\d+ ?%|guaranteed|garantizad\w+|rentabilidad|"
        r"profits?\b|ganancias|beneficios|duplic\w+|multipl\w+|withdraw\w*)|(?:duplic\w+|multipl\w+) (?:your|su|tu) (?:capital|dinero|money|ahorros)",
        r"(?:saw|found|vi|encontre) (?:your|tu|su) (?:profile|perfil)|lonely (?:girl|woman|lady)|(?:serious|true) (?:man|relationship)|(?:busco|looking for) (?:un |a )?(?:hombre|relacion|"
        r"novio|soulmate)|(?:conoce|meet) (?:a )?(?:chicas|mujeres|women|singles)",
        r"(?:leading|professional|top|reliable) (?:manufacturer|supplier|factory|exporter)|factory (?:price|direct)|(?:somos|we are) (?:\w+ ){0,2}(?:fabricantes|manufacturers?)\b|"
        r"wholesale price|precios? (?:de fabrica|al por mayor)|(?:our|nuestro) catal\w+ (?:and|y|with|con)",
        r"(?:vend\w+|sell\w*|disponemos de|provide|compre) (?:\w+ ){0,3}(?:bases? de datos|databases?|leads\b|listados? de (?:emails|correos|empresas))",
        r"(?:not|isn't|is not|no (?:esta|aparece)) (?:\w+ ){0,2}(?:ranking|posicionad\w+)|page 1\b|page one\b|free (?:seo )?(?:audit|consultation)|auditoria gratuita|"
        r"(?:followers|seguidores|likes|visitas|resenas|reviews) (?:reales|reales y|desde|from|for only)|(?:buy|compra\w*) (?:\w+ ){0,2}(?:followers|seguidores|reviews|resenas)",
        r"(?:buy|compra\w*|order) (?:\w+[ ,]+){0,4}(?:xanax|tramadol|ozempic|valium|pills|steroids|viagra|cialis)|no questions asked|worldwide shipping|refill your",
        r"(?:sin|con) (?:papeleos?|asnef|nomina|aval)\b.{0,80}|dinero (?:en|al) (?:\d+ minutos|instante)|(?:cash|payday|personal) loans?|consigue hasta [\d.,]+ ?€",
        r"(?:increase|boost|aumentar?|multiplica) (?:your|sus|tus|las) (?:sales|traffic|ventas|visitas|followers|seguidores)",
    )
)
"""Offers that nobody writes to a festival's desk as a customer."""

_SELLER = _any_of(
    (
        r"(?:somos|som) (?:un|una|la) (?:\w+ )?(?:empresa|agencia|fabrica|compania|consultora|proveedor|agencia|imprenta|impremta)|(?:nuestra|nostra) (?:empresa|agencia) (?:\w+ ){0,2}(?:ofrece|alquila|"
        r"fabrica|ofereix|lloga)|(?:(?:le|les|os|us) )?(?:ofrecemos|oferim) (?:\w+ ){0,3}(?:servicios?|serveis?|precios?|preus|tarifas|seguros?|soluciones|productos)|(?:alquilamos|lloguem|fabricamos|fabriquem|"
        r"imprimimos|imprimim|distribuimos|instalamos|suministramos)\b|ayudamos a (?:\w+ ){0,2}(?:empresas|negocios|festivales|marcas)|ajudem (?:a )?(?:empreses|negocis)|reduzca su factura|confeccionamos|nuestr[oa] (?:software|plataforma|servicio)\b|(?:articulos|regalos|objetos) "
        r"(?:publicitarios|promocionales)",
        r"(?:our|we are an?) (?:\w+ ){0,3}(?:company|agency|firm|team) (?:\w+ )?(?:develops?|offers?|provides?|speciali[sz]es?|rents?|builds?|of)\b|we (?:rent|supply|manufacture|print|provide|speciali[sz]e|distribute|install|help (?:\w+ )?"
        r"(?:businesses|companies|brands|festivals|organi[sz]ers))\b|our (?:\w+ )?(?:team|software|platform|service) (?:has|have|helps|saves|delivers)\b|i help (?:\w+ )?(?:businesses|companies|brands|festivals)|business funding|custom(?:i[sz]ed)?[ -]?printed|promotional (?:items|products|gifts)",
        r"(?:notre|nous sommes une) (?:societe|entreprise|agence|equipe) (?:\w+ ){0,2}(?:propose|offre|specialisee|loue|realise)|notre (?:organisme|logiciel|plateforme) \w+|nous (?:ameliorons|louons|fabriquons|imprimons|fournissons|aidons les (?:entreprises|marques)|proposons des "
        r"(?:services|solutions|tarifs))|objets publicitaires",
        r"(?:sparen sie|unsere? (?:software|plattform)|wir (?:bieten|liefern|vermieten|steigern|drucken|produzieren|helfen (?:unternehmen|firmen))|unsere (?:firma|agentur) (?:bietet|vermietet|liefert))\b|werbe(?:artikel|mittel|geschenke)",
        r"la nostra (?:azienda|agenzia|societa|ditta) (?:offre|propone|noleggia|realizza)|(?:proponiamo (?:corsi|servizi|soluzioni)|aumentiamo|noleggiamo|stampiamo|forniamo|produciamo|aiutiamo le aziende)\b|gadget (?:personalizzat|aziendal|pubblicitar)\w+",
    )
)
"""Company that names its trade."""

_SALES_TALK = _any_of(
    (
        r"sin (?:ningun )?compromiso|sense compromis|(?:solicit|pid|demane?)\w* (?:ya |su |un |el |nuestro |el nostre )*(?:presupuesto|pressupost|catalogo|cataleg|tarifas?)|(?:presupuesto|pressupost|estudio|estudi) (?:gratuit[o]?|gratis|sin coste)|"
        r"(?:nuestro|un|nostre) (?:asesor|comercial)\b|(?:llamada|reunion|trucada) de \d+ min\w*|\d+ ?% de (?:descuento|descompte)|llamenos|truqueu-nos|(?:muestras|catalogo) y (?:tarifas|precios)|una demostracion|(?:precios|preus) (?:muy |molt )?(?:competiti|economic)\w+",
        r"free (?:quote|estimate|sample|demo|consultation)|(?:price list|our (?:catalogue|catalog|brochure))|(?:quick|short|brief|\d+[- ]min\w*) (?:call|chat|demo)|\d+ minutes (?:for|to|this)|minimum order|per (?:piece|unit)\b|"
        r"(?:affordable|competitive|best) (?:rates|prices|pricing)|send (?:you )?(?:a|our|your) (?:quotation|proposal|requirements)|share your requirements|advisor will|(?:no|without) obligation|reply yes|get in touch for (?:a|our)\b|\d+ ?% off\b",
        r"devis (?:gratuit|personnalise|sous)|sans engagement|tarifs? (?:\w+ )?(?:competiti|attracti|avantageu)\w+|audit gratuit|notre conseiller|\d+ ?% sur\b|offre valable|(?:rendez-vous|appel|echange) de \d+ min\w*",
        r"unverbindlich\w*|unser (?:berater|vertrieb)|(?:gunstig|fair)\w* preise\w*|\d+ minuten (?:zeit|fur)|\d+ ?% rabatt auf|jetzt (?:bestellen|anfragen|buchen)|kostenlose\w* (?:beratung|angebot|erstgesprach|muster)",
        r"preventivo (?:gratuit|senza|personalizzat|gratis)\w*|senza impegno|listino prezzi|prezzi (?:molto )?(?:competitivi|vantaggiosi)|chiamata di \d+ min\w*|sconto del \d+|ordinate (?:subito|ora)|spedizione gratuita|consulenza gratuita",
    )
)
"""Words with which a trade closes an offer; customers who offer something do not use both."""

_TAKES_PART = _any_of(
    (
        r"(?:your|vuestr[oa]|el vostre|la vostra|votre|euer\w*|vostro) (?:\w+ )?(?:camp\w*|tents?|tiendas?|app|shop|tienda|boutique)\b|da voi\b|chez vous\b|bei euch\b|food ?trucks?|(?:somos|soy|som|we are|we're|i am|i'm|siamo|sono|nous sommes|je suis|wir sind|ich bin) (?:\w+ ){0,2}(?:grupo|banda|band|grup|groupe|gruppe|duo|dj|cantante|singer|volunt\w+|benevol\w+)|"
        r"(?:entradas|tickets|entrades|billets|biglietti|karten)\b|(?:como|com|comment|how|wie|come) (?:podemos|puedo|podem|pouvons|puis|can|konnen|kann|possiamo|posso)\b",
    )
)
"""Words of people who want to take part, or ask how."""

_UNSUBSCRIBE_ME = _any_of(
    (r"(?:please|want to|like to|quiero|quisiera|deseo|podeis|puedo|can you|como puedo|how (?:do|can) i) (?:\w+ ){0,4}(?:unsubscribe|darme de baja|"
     r"dar de baja|baja)|unsubscribe me|dadme de baja",)
)  # fmt: skip
_SUPPLIER = _any_of(
    (
        r"(?:cambi\w+|nuev[oa]s?|actualiz\w+|changed?|new|updated) (?:\w+ ){0,4}(?:cuenta bancaria|iban|datos bancarios|bank (?:account|details))|"
        r"pagos?\b.{0,60}\b(?:a|en) (?:esta|la siguiente) cuenta|payments?\b.{0,60}\bto (?:this|the following) account|"
        r"(?:factura|invoice|documento|pedido) (?:\w+ ){0,3}(?:adjunt[oa]|attached).{0,80}(?:habilit\w+|enable|activ\w+) (?:las |the )?(?:macros|contenido|content)",
    )
)
_NEWSLETTER = _any_of(
    (
        r"darse de baja|darte de baja|date de baja|cancelar (?:la |tu |su )?suscripcion|unsubscribe|ver (?:este correo |este email )?en (?:el|tu|su) navegador|"
        r"view (?:this (?:email|message) )?in (?:your )?browser|gestionar (?:tus|sus) preferencias|manage (?:your )?preferences|"
        r"si (?:ya )?no (?:quieres?|desea[s]?) (?:seguir )?recib\w+|(?:to stop|no longer wish to|don't want to) receiv\w+|opt[- ]?out|(?:este|esta) (?:email|correo|mensaje|comunicacion) "
        r"(?:se ha enviado|ha sido enviado|fue enviado) a|(?:esta|estas) suscrit[oa]|\bbaja\.?$|lista de distribucion|update (?:your )?(?:email )?preferences|"
        r"recibes este (?:correo|email|mensaje) porque|you (?:are receiving|received) this (?:email|message) because",
    )
)
_OFFER = _any_of(
    (
        r"ofertas?|descuentos?|rebajas|promocion\w*|\d+ ?% (?:de descuento|off|dto|en)|hasta (?:un )?(?:el )?-?\d+ ?%|-\d+ ?%|desde \d[\d.,]* ?€|from [€$£] ?\d|sin intereses|ultimas unidades|(?:new|nueva) (?:collection|temporada)|sale\b|discounts?|deals?\b|shop now|"
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
_CONTENT = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)*(?:maps\.google\.\w+|goo\.gl/(?:maps|photos)|maps\.app\.goo\.gl|photos\.app\.goo\.gl|google\.\w+/maps|photos\.google\.com|youtube\.com|"
    r"youtu\.be|vimeo\.com|instagram\.com|tiktok\.com|soundcloud\.com|bandcamp\.com|open\.spotify\.com|twitter\.com|x\.com|facebook\.com|what3words\.com|w3w\.co|"
    r"openstreetmap\.org|osm\.org|maps\.apple\.com|imgur\.com|flickr\.com)(?:[/?:]|$)"
)
_CHEAP_DOMAINS = frozenset(
    """top xyz click win icu cyou cfd sbs rest buzz monster tk ml ga cf gq pw bet loan quest cam zip mov""".split()  # noqa: SIM905 - a list would be long
)
"""Top-level domains that are given away, or hardly used for anything but fraud."""

_BRANDS = re.compile(
    r"bbva|santander|caixabank|sabadell|bankinter|paypal|pay-?pal|netfli?x|apple-?id|appleid|icloud|microsoft|office365|m365|outlook|amazon|"
    r"docusign|linkedin|coinbase|binance|amzn|seg-?social|dgt\b|multas|renew|refund|reembols|promo|notify|helpdesk|clientes|recover|unlock|appeal|wallet|"
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
    certain: bool = False
    """It is phishing that no customer's words excuse: extortion, a fortune, or an errand for the management."""
    customer: bool = False
    """A person writes about an own matter, or about the festival."""
    speaks: bool = False
    """It speaks of its sender, or to the desk as several people."""
    stranger: bool = False
    """It speaks neither of its sender nor to the desk, nor of anything that the desk is asked about."""
    pitch: bool = False
    """A company offers its trade, without a link and although it speaks of itself and the festival."""
    report: bool = False
    """A person reports such a mail, or asks about it."""
    link: bool = False
    suspicious_link: bool = False
    """It has a link whose host hides or imitates somebody, or a link beside a threat, a demand or a promise, or a
    stranger's link or order."""


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
    speaks = _DESK.search(folded) is not None or _FIRST_PERSON.search(folded) is not None
    stranger = not speaks and not _FESTIVAL.search(folded) and not _OWN_MATTER.search(folded)
    certain = (
        (_FORTUNE.search(folded) is not None and _MONEY_REQUEST.search(folded) is not None)
        or (_EXTORTION_MEANS.search(folded) is not None and _EXTORTION.search(folded) is not None)
        or _ERRAND.search(folded) is not None
    )
    promise = (
        certain
        or (_PRIZE.search(folded) is not None and _PRIZE_CLAIM.search(folded) is not None)
        or (_GIFT_CARDS.search(folded) is not None and _EXTORTION.search(folded) is not None)
        or _REFUND_BAIT.search(folded) is not None
        or _SUPPLIER.search(folded) is not None
        or _NEW_NUMBER.search(folded) is not None
    )
    ordered = _ACTION.search(folded) is not None
    yours, pressed = _YOURS.search(folded) is not None, _DEADLINE.search(folded) is not None
    costs = _AMOUNT.search(folded) is not None
    free = _FREE.search(folded) is not None
    lures = stranger and not (links and all(map(_shows_content, links)))
    steals = clicks and (
        (threat and (demand or formal or ordered))
        or (hidden and (threat or demand or ordered))
        or (ordered and yours and (pressed or costs))
        or (lures and (threat or demand or ordered or formal or yours or free or (pressed and costs)))
    )
    unasked = _UNASKED_OFFER.search(folded) is not None and (clicks or costs or not _FESTIVAL.search(folded))
    customer = _OWN_MATTER.search(folded) is not None or (
        (_FIRST_PERSON.search(folded) is not None or _FIRST_PLURAL.search(folded) is not None)
        and _FESTIVAL.search(folded) is not None
    )
    newsletter = (
        _NEWSLETTER.search(folded) is not None
        and not speaks
        and _OFFER.search(folded) is not None
        and _UNSUBSCRIBE_ME.search(folded) is None
    )
    return FraudSigns(
        phishing=certain or ((steals or promise) and not customer),
        advertising=(newsletter or unasked) and not customer,
        certain=certain,
        customer=customer,
        pitch=is_sales_pitch(folded),
        report=_REPORT.search(folded) is not None,
        link=clicks,
        suspicious_link=(bool(links) and (hidden or threat or promise or demand)) or (stranger and (clicks or ordered)),
        speaks=speaks,
        stranger=stranger,
    )


def is_sales_pitch(folded: str) -> bool:
    """Return whether in a folded text a company offers its trade, in six languages.

    >>> is_sales_pitch("alquilamos carpas, pida presupuesto sin compromiso"), is_sales_pitch("vendo dos entradas")
    (True, False)
    """
    return (
        _SELLER.search(folded) is not None
        and _SALES_TALK.search(folded) is not None
        and _TAKES_PART.search(folded) is None
        and _OWN_MATTER.search(folded) is None
    )


def _shows_content(link: str) -> bool:
    """Return whether a link leads to a place, picture, film or sound, as people send them."""
    return _CONTENT.match(link.lower()) is not None


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
        if host.rpartition(".")[2] in _CHEAP_DOMAINS:
            return True
        return _BRANDS.search(host) is not None and _REAL_BRAND.search(host) is None
    return True
