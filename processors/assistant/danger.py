"""Danger in a question: log odds of the request classifier, corrected by words of chats.

The classifier is that of support mails; docs/models/urgency.md has its method. Chats are short, so a sentence that
names a danger without a subject counts as well. What is past, asked in general, or said of a band is no danger.
"""

from __future__ import annotations

import re
from typing import Literal

from processors.assistant.lexicon import lexicon
from processors.assistant.text import normalise
from processors.support.requests import RequestClassifier
from processors.support.urgency import urgency_signs

DangerKind = Literal["medical", "child", "harassment", "fire", "crowd", "violence", "distress", "general"]

MIN_LOG_ODDS, MIN_DOUBTFUL_LOG_ODDS, MIN_NAMED_LOG_ODDS = 2.2, 0.0, -0.6
"""Log odds of danger from which a question is danger, and the lower limits of a message that asks for nothing that the
assistant could answer, and of one with a word that names a danger. In doubt, security looks."""

MIN_ASIDE_LOG_ODDS = 0.5
"""Log odds from which a word that names a danger outweighs a question or a band in the same message."""

MIN_WORDS, MIN_WORDS_WITH_NAMES = 3, 7
"""Words of a message from which doubt counts, without and with names of acts or places."""

MAX_NAME_WORDS = 4
"""Words of a message that is hardly more than a name."""

ASKING = frozenset(
    {"when", "where", "who", "price", "permission", "open", "close", "queue", "route", "nearest", "walk_time", "full",
     "duration", "end", "count", "exist", "weather", "recommend", "lost"}
)  # fmt: skip
"""Meanings of questions; a report of danger in words that nobody foresaw rarely has one."""

NAMED_LOG_ODDS: dict[DangerKind, float] = {
    "child": -4.0,
    "distress": -3.5,
    "harassment": -2.5,
    "medical": -2.0,
    "fire": -1.5,
    "violence": -1.5,
}
"""Lower limits of kinds whose words leave little doubt."""

_PATTERNS: dict[DangerKind, str] = {
    "child": (
        r"(?:no encuentr\w+|no veo|perd\w+|se (?:me |nos )?(?:ha |han )?perdi\w*|desapareci\w*|no aparece"
        r"|busc\w+|se ha ido|extravi\w+|no esta con\w*|se me fue|se ha soltado)\b.{0,35}\b(?:mi|mis|nuestr\w"
        r"|una?|al?|el|la)?\s*(?:hij\w+|nin[oa]s?|nene|nena|bebe|sobrin\w+|pequen\w+|peque|herman(?:ito|ita)"
        r"|chiquit\w+|chamac\w+|chav\w+|crio|cria|menor|nieto|nieta|primit\w+)\b"
        r"|(?:(?:me|nos) falta\w*|no damos con|no doy con)\b.{0,15}\b(?:el|la|mi|nuestr\w|al?) (?:\w+ )?(?:hij\w+"
        r"|nin[oa]"
        r"|nene|nena|bebe|peque\w*|crio|cria|abuel\w+|padre|madre|viej[oa]|herman\w+|sobrin\w+|niet\w)"
        r"|(?:alzheimer|demencia|dementia)\b.{0,50}(?:no (?:esta|aparece|l[oa])|se (?:fue|ha ido|perdio)|perdid"
        r"|wander\w+|missing|gone|lost|can t find|cant find)"
        r"|(?:no (?:esta|aparece)|no damos con|no encuentr\w+|se (?:ha )?perdi\w+|missing|can ?t find"
        r"|can not find|lost)"
        r".{0,50}\b(?:alzheimer|demencia|dementia)"
        r"|(?:found|encontr\w+|hay|there s|there is)\b.{0,15}\b(?:kid|child|toddler|little (?:boy|girl)|nin[oa]"
        r"|crio|nene)"
        r" .{0,25}(?:alone|on (?:her|his|their) own|crying|sol[oa]|llora\w*|perdid\w)"
        r"|\b(?:hij\w+|nin[oa]s?|nene|nena|bebe|sobrin\w+|pequen\w+|peque|herman(?:ito|ita)|chiquit\w+"
        r"|chamac\w+|crio|cria|menor|nieto|nieta)\b.{0,35}(?:perdid\w+|se perdio|se ha perdido|no aparece"
        r"|desaparecid\w+|desaparecio|no l[oae] (?:encuentr|veo)\w*|sol[oa]\b|llorando|no se donde esta"
        r"|se ha ido|se fue|ha desaparecido)"
        r"|(?:lost|missing|cant find|can not find|can t find|lose sight of|looking for|separated from"
        r"|cannot see|not with us)\b.{0,25}\b(?:my |our |a |the |little )*(?:\w+ )?(?:son|daughter|child|kid"
        r"|kids|boy|girl|toddler|baby|nephew|niece|little one|little brother|little sister|grandson"
        r"|granddaughter|children|year old)\b"
        r"|\b(?:son|daughter|child|kid|boy|girl|toddler|baby|nephew|niece|little one|little brother"
        r"|little sister|year old)\b.{0,35}\b(?:is lost|lost|missing|disappeared|gone|alone|wandered|vanished"
        r"|crying|run off|ran off|nowhere|cant see|can t see|not here)\b"
    ),
    "harassment": (
        r"acos\w+|me (?:ha|han|esta|estan|sigue|siguen|viene|vienen|anda|persigue)\w*.{0,15}(?:toca\w+"
        r"|siguiendo|sigue|manose\w+|metido mano|persig\w+|molest\w+|agred\w+|grab\w+)|metido mano|metio mano"
        r"|meten mano|me sigue\w*|me persigue\w*|me toca\w* sin|me toc(?:o|aron)\b|manose\w+|abus(?:o|ando"
        r"|aron|ado)|viol(?:ado|ada|aron|acion|ando)|me incomoda|un (?:tio|hombre|tipo|chico"
        r"|senor).{0,25}(?:no me deja|me agarra|me da miedo|siguiendo|insiste)"
        r"|grop\w+|harass\w*|following (?:me|us|my)|stalk\w*|touch\w+ (?:me|my|her|us|girls|women)|rap(?:ed"
        r"|ist)|sexual\w* (?:assault|abuse|harass)\w*|assault\w*|wont leave (?:me|us|her) alone"
        r"|won t leave (?:me|us|her)|grabb\w+ (?:me|my|her)|creep\w*|spik(?:ed|ing)|drogad\w+|echado algo"
        r"|puesto algo en|put something in (?:my|her|his|a)|burundanga|sumision quimica"
        r"|(?:deja|para|paran|dejan) de (?:segui\w+|toca\w+|molesta\w+|mira\w+me)|rub\w+ (?:himself|up) against"
        r"|restreg\w+|refreg\w+|slipped (?:me|him|her|us|my|something)|metid[oa] (?:algo|una pastilla)"
        r"|(?:puso|pusieron|echo|echaron|metieron|metio)\b.{0,20}\ben (?:el|la|su|mi) (?:vaso|copa|bebida|cerveza"
        r"|trago)"
        r"|flash(?:ed|ing) (?:me|us|at)|indecent\w*|exhibicionista|mirar\w* (?:en|por) (?:las duchas|los banos)"
        r"|(?:won ?t|wont|doesn ?t|will not|does not) let (?:me|her|us) (?:go|leave)|hurting (?:me|her)|hit(?:s"
        r"|ting)? me"
        r"|no me deja (?:ir|marchar|salir|en paz)|me hace dano|maltrat\w+"
        r"|something in my (?:drink|cup|beer)|drink tastes|pinchad\w+|pinchazo|needle (?:attack|spik)|jabbed"
    ),
    "medical": (
        r"desmay\w+|inconsciente|como un tronco|no (?:respira|reacciona|responde|despierta|se despierta"
        r"|se mueve|puede respirar|puedo respirar|abre los ojos)|convulsi\w+|infarto|ambulancia|ahog\w+"
        r"|sangra\w*|sangre|herid[oa]s?\b|alergic\w+|anafila\w+|sobredosis|golpe de calor|ataque (?:de|al"
        r"|epil)|epilep\w+|intoxica\w+|conocimiento|se ha caido|se cayo|me he caido|me cai\b|roto (?:el|la"
        r"|una?) (?:brazo|pierna|tobillo|muneca)|torcid\w+|esguince|mare(?:os?|ad\w+|and\w+|arse)\b|vomit\w+"
        r"|dolor\w*.{0,25}pecho"
        r"|duele (?:mucho )?(?:el pecho|la cabeza|el corazon)|duele mucho|fatal|muy mal\b|encuentra mal"
        r"|encuentro mal|medico urgente|una? (?:medico|sanitari[oa])\b|quemadura|me he quemado|se ha quemado"
        r"|hipogluc\w+|bajada de (?:azucar|tension)|coma etilico|pastilla rara|insolacion|picad[oa]\b|avispa"
        r"|me asfixio|tirad[oa] en el suelo|en el suelo|desplom\w+|atragant\w+|no (?:contesta|vuelve en si"
        r"|siento (?:el|la|las|los))"
        r"|perdi\w* el (?:sentido|conocimiento)|tieso|palid[oa]\b|amoratad\w+|(?:morad[oa]|azul|fri[oa]) (?:como"
        r"|de|y no)"
        r"|poniendo\w* (?:azul|morad\w|blanc\w)|tiembla\w*|temblando|delira\w*|espuma|mucha fiebre|de fiebre"
        r"|(?:cara|boca) torcida|lengua trabada|no puede hablar|rompio aguas|roto aguas|contracciones|de parto"
        r"|golpe (?:\w+ )?en la (?:cabeza|nuca)|(?:caid[oa]|cayo|caerse|caer) (?:de|desde|al|en el) (?:la|el|un"
        r"|una|rio|agua)"
        r"|rio y no (?:sale|nada)|no sale del agua|se esta muriendo|se muere\b|se nos va|fractura\w*|hueso"
        r"|taquicardia|corazon (?:a mil|disparado|muy rapido)|de las pastillas|tomad\w (?:demasiad\w"
        r"|unas pastillas|algo)"
        r"|out cold|blacked out|keel\w+ over|slump\w+|rouse|come round|coming round|foam\w*|fitting\b"
        r"|shaking (?:all|on)"
        r"|convuls\w+|gone (?:grey|gray|blue|white|limp|stiff)|turn\w+ (?:blue|grey|gray|purple)|(?:is|goes"
        r"|going) limp"
        r"|clutch\w+ (?:his|her|their|my) chest|can ?t feel (?:my|his|her)|can not feel (?:my|his|her)|numb\b"
        r"|slurr\w+"
        r"|droop\w+|delirious|going into labou?r|waters? (?:just )?broke|contractions|(?:fell|fallen"
        r"|falling) (?:off|from|down"
        r"|into)|hit (?:his|her|my|their) head|cracked (?:his|her|my) (?:head|skull)|drown\w*|dying here|is dying"
        r"|s dying"
        r"|heart is racing|took too (?:much|many)|taken too (?:much|many)|taken something|feels? (?:really |very "
        r"|so )?(?:strange"
        r"|weird|woozy)|balloon\w* up|ballooning|pass(?:es|ing) out|going to pass out|fractured?|bone\b|run over"
        r"|ran over"
        r"|atropell\w+"
        r"|unconscious|passed out|faint\w*|collaps\w+|not breathing|can ?t breathe|can ?not breathe"
        r"|cant breathe|trouble breathing|hard to breathe|struggling to breathe|seizure\w*|heart attack"
        r"|ambulance|bleed\w*|blood\b|injur\w+|hurt (?:himself|herself|my|his|her|badly)|badly hurt"
        r"|allergic reaction|anaphyla\w+|overdos\w+|heat ?stroke|sunstroke|chest pain|chest hurts|paramedic"
        r"|(?:need|get|send|call) (?:a |an |some )?(?:doctor|medic|nurse|medical)|broke\w* (?:his|her|my|their"
        r"|an?) (?:arm|leg|ankle|wrist|foot)|dizzy|throwing up|vomit\w*|chok\w+|unresponsive|wont wake"
        r"|won t wake|not waking|isn t waking|isnt waking|asthma attack|inhaler|hypo\b|low blood sugar"
        r"|diabetic|burn(?:ed|t) (?:my|his|her)|twisted|sprain\w*|head injury|hit (?:his|her|my) head"
        r"|lying on the (?:ground|floor)|really (?:ill|sick)|very (?:ill|sick|unwell)|feel(?:s"
        r"|ing)? (?:really |very |so )?(?:sick|ill|unwell|faint)|stopped breathing|stung|epipen|swell\w+"
        r"|swollen|se hincha\w*|hinchad\w+|hinchando|labios|throat is closing|lips"
    ),
    "fire": r"fuego\b|incendio|llamas\b|humo\b|arde\b|ardiendo|quem(?:a|ando|ado)\b|se esta quemando|a quemado"
    r"|huele (?:\w+ ){0,2}a (?:gas|quemado|humo)|olor a (?:gas|quemado|humo)|fuga|gas leak|smell\w* (?:of "
    r"|like )?(?:gas|smoke|burning)|on fire|(?:a|the|is) fire\b|flames\b|smoke\b|burning\b|explosion|explot\w+"
    r"|bl[eo]w(?:n)? up|blast\b|estall\w+|revent(?:o|ado) (?:una?|el|la)|cortocircuito|short circuit"
    r"|huele muchis\w+ a"
    r"|chispas|sparks|sparking|cable\w* (?:suelto|pelado)|calambre|descarga electrica|electric shock"
    r"|electrocut\w+|live wire",
    "crowd": r"aplasta\w*|avalancha|estampida|empuj\w+|no puedo salir|no podemos salir|atrapad\w+|aprieta\w*"
    r"|asfixi\w+"
    r"|demasiada gente|estruj\w+|agobio|valla (?:cede|se cae|se ha)|se (?:cae|esta cayendo|derrumba|hunde"
    r"|ha caido) (?:el|la|una?|parte)|torre.{0,20}(?:cae|inclina|mueve)|crush\w*|stampede|trampl\w+"
    r"|suffocat\w*|pushing|pushed|squash\w*|squeez\w+|stuck in the crowd|trapped|cant get out|can ?not get out"
    r"|can t get out|cant move|can t move|can not move|barrier|collapsing|(?:pole|tower|truss|screen|tree"
    r"|structure|speaker|stand)s?\b.{0,25}(?:fall\w*|lean\w*|collaps\w*|coming down)|(?:torre|pantalla|poste"
    r"|arbol|estructura|altavoz|foco)s?\b.{0,25}(?:cae\w*|cay\w*|inclin\w*|tambale\w*)|about to fall"
    r"|(?:give|gives|giving|gave|given) way|pil(?:e|ed|ing) up|people (?:are )?going under|no hay aire|no air\b"
    r"|falta el aire"
    r"|cayendo (?:un[oa]s|encima|gente)|se esta(?:n)? (?:soltando|desprendiendo|cayendo|hundiendo|viniendo abajo)"
    r"|se viene abajo|va a caer|se suelta|(?:come|came|coming) loose|someone s gonna|alguien va a morir"
    r"|falling (?:down|apart|over)|leaning|people are falling|panic\w*|panico",
    "violence": r"pelea\w*|pele(?:a|ando)|peg(?:ando|ado|aron|an)|agresi\w+|agred\w+|apunal\w+|navaja|cuchillo"
    r"|pistola"
    r"|\barma\b|armad[oa]s?|amenaz\w+|golpe(?:ando|aron|an|ado)|bomba|paquete sospechoso|mochila (?:sospechosa"
    r"|abandonada)|sospechos\w+|ladron\w*|atrac\w+|paliza|fight\w*|attack\w*|stabb\w*|knife|gun\b|weapon"
    r"|threat\w*|punch\w*|beat(?:ing|en)? (?:up|him|her|someone|a)|hitting|bomb\b|suspicious|unattended"
    r"|machete|punal\b|blade\b|pistol\b|rifle|botella rota|broken bottle|kick\w* (?:the|him|her|someone|a|another)"
    r"|patead\w+|patadas|se (?:estan|esta) (?:dando|cayendo) (?:a|de) (?:golpes|hostias|palos|punetazos)|a golpes"
    r"|secuestr\w+"
    r"|kidnap\w*|dragg\w+ (?:a|her|him|someone)|a la fuerza|tictac|tic tac|ticking|maleta (?:sola|abandonada|sin)"
    r"|speeding|driving (?:at|into|towards)|drunk driver|conduc\w+ borrach\w|embest\w+|driver\b.{0,30}people"
    r"|coche\b.{0,30}(?:contra|hacia) la gente|shoot\w*|shots|shot\b|mugg\w+|brawl|aggressive|tiros|disparo\w*"
    r"|disparan",
    "distress": r"suicid\w+|end it all|acabar con todo|no puedo mas con (?:la|mi) vida|don t want to live"
    r"|dont want to live|quitarme la vida|matarme|no quiero (?:seguir viviendo|vivir|estar aqui mas)"
    r"|quiero morir\b|quiero morirme|hacerme dano|autolesion\w*|kill myself|end my life|hurt myself"
    r"|tirarme (?:de|desde|al?|por)|saltar (?:de|desde|del)|no quiero seguir|no aguanto mas|jump off|throw myself"
    r"|better off dead"
    r"|be alive any|no reason to live|sin ganas de vivir|want to die|harm myself|self harm|ataque de (?:panico"
    r"|ansiedad)|panic attack|anxiety attack"
    r"|no me siento segur[oa]|me siento en peligro|tengo (?:mucho )?miedo|estoy asustad[oa]|don t feel safe"
    r"|dont feel safe|do not feel safe|feel unsafe|not safe here|i am scared|i m scared|im scared|i am afraid"
    r"|unsafe|peligro\b|in danger|ayudame|ayudenme|ayuda por favor|ayuda urgente|necesito ayuda ya"
    r"|necesitamos ayuda|socorro|auxilio|emergencia|emergency|help me|please help|need help (?:now|fast"
    r"|urgent\w*)|\bsos\b|112",
}
_KINDS = {kind: re.compile(rf"\b(?:{pattern})") for kind, pattern in _PATTERNS.items()}

_CALM = re.compile(
    r"\b(?:que (?:pasa|hago|hacemos|haceis|ocurre|se hace) (?:si|en caso|cuando)|y si (?:me|se|alguien|mi)"
    r"|what (?:happens|should i do|do i do|do you do|do we do|if) (?:if|in case|when|someone|i|my|a)?|in case"
    r"|en caso de|si (?:me|se|mi|alguien|llueve|pierdo|tengo|hay|nos)\b|if (?:i|my|our|he|she|they|someone|somebody"
    r"|there is|we|a|you|it|anyone)\b"
    r"|ayer|anoche|yesterday|last (?:night|year|week|time|summer)|el ano pasado|ano pasado|hace (?:dos|tres|un"
    r"|unos) (?:dias|ano|anos)|days ago|years ago|el (?:viernes|jueves) (?:me|se)|la otra vez|la ultima vez"
    r"|once\b"
    r"|puedo (?:llevar|entrar|meter|traer|pasar)|se puede|can i (?:bring|take)|may i|are \w+ allowed"
    r"|is it (?:safe|allowed|ok)|es seguro|esta seguro|es peligroso|is there (?:a|any)\b.{0,30}(?:near|point"
    r"|post)|hay (?:un|una|algun)\w*\s+(?:medico|enfermer|puesto|punto|desfibril)"
    r"|how (?:do|can|should) (?:i|we|you) (?:report|deal|prevent|act)|how to (?:report|act)|como (?:denuncio"
    r"|actuo|denunciar|aviso|actuar)|what do you do|que haceis|what is the|que es (?:el|la)|donde (?:esta|hay"
    r"|estan|queda)|where (?:is|are|can)|cuanto|how (?:much|long|many)|a que hora|what time|cuando (?:abre"
    r"|cierra|toca)|horario"
    r"|jaja\w*|haha\w*|lol\b|lmao|xd+\b|jeje\w*|es broma|just kidding|joking|de risa|laughing|tan buen\w*"
    r"|so good|so much fun|mola\w*|flipa\w*|brutal|lit\b|vibes|temazo|concierto (?:fue|ha sido)|de ganas"
    r"|(?:soy|somos|es) (?:muy )?(?:alergic\w+|asmatic\w+|diabetic\w+|epileptic\w+)|(?:tengo|tiene"
    r"|padezco) (?:alergia|asma|"
    r"diabetes|epilepsia)|(?:am|is|are|m|s) (?:very |highly )?(?:allergic|asthmatic|diabetic|epileptic) ?(?:to)?\b"
    r"|(?:have|has|got) (?:an? |bad |severe )*(?:\w+ )?(?:allergy|allergies|asthma|diabetes|epilepsy)\b(?! attack)"
    r"|de emocion|with excitement|de hambre|de sed|de calor\b|de aburrimiento|of boredom|hungry|for a (?:beer"
    r"|drink)|por una cerveza|this band|este grupo|esta banda|this song|esta cancion|dj\b|set\b|album|solo de"
    r"|drop\b|merch|setlist)\b"
)

_ASIDE = re.compile(
    r"\b(?:donde (?:esta|hay|estan|queda)|where (?:is|are|can)|cuanto|how (?:much|long|many)|a que hora|what time"
    r"|tan buen\w*|so good|mola\w*|brutal|vibes|temazo|this band|este grupo|esta banda|this song|esta cancion|dj\b"
    r"|set\b|album|solo de|drop\b|merch|setlist|once\b)"
)
"""Calm words that may stand beside a report: "where is first aid, somebody has collapsed beside the DJ"."""

_STRONG_NOW = re.compile(
    r"\b(?:ayuda|help|socorro|auxilio|ahora mismo|right now|ya\b|urgente|urgent\w*|rapido|quick|quickly"
    r"|por favor|please|hay (?:un|una|alguien)|there is (?:a|someone)|there s (?:a|someone)|someone is"
    r"|somebody is|se ha|se me|mi (?:amig\w+|hij\w+|novi\w+|padre|madre|abuel\w+)|my (?:friend|son|daughter"
    r"|mate|girlfriend|boyfriend|dad|mum|mom|wife|husband)|no respira|not breathing|no encuentro|i can ?t find"
    r"|cant find)"
)

_NEVER = re.compile(
    r"\b(?:fire ?works?|fuegos artificiales|camp ?fire|hoguera|food fight|pelea de gallos|crush on|bath bomb"
    r"|sex bomb|photo ?bomb|es la bomba|son la bomba|la bomba\b|the bomb\b|shots? of|tequila|chupito\w*|killer"
    r"|kill(?:s|ed|ing)? (?:me|it)|me mata\w*|me muero de|me muero por|dying to|die for|morir de|morirme de"
    r"|para morirse|dead tired|muert[oa] de|shoot (?:photos|video)|de infarto|heart ?attack burger"
    r"|cuchillo y tenedor|knife and fork|swiss army"
    r"|(?:perdido|perdi|dejado|olvidado|lost|left|forgot(?:ten)?) (?:\w+ ){0,3}(?:mochila|bolso|cartera|movil"
    r"|telefono|celular|llaves|chaqueta|cazadora|sudadera|gafas|gorra|pulsera|entradas?|bag|backpack|purse"
    r"|wallet|phone|keys|jacket|coat|hoodie|glasses|cap|hat|wristband|tickets?|camera|teddy|toy)"
    r"|(?:salida|salidas|numero|telefono|plan) de emergencia|emergency (?:exit|number|contact|plan)\w*"
    r"|burn(?:ed|t)? out|sun ?burn\w*|quemad\w+ (?:por el|del) sol|bleeding edge|on fire (?:tonight|last night"
    r"|yesterday)|(?:band|grupo|dj|set|crowd|publico|escenario|stage) (?:is|was|esta|estaba|fue) (?:on fire"
    r"|a tope|que arde|ardiendo)|smoke (?:a|machine|area|cigar\w*|weed)|(?:puedo|se puede|can i|donde"
    r"|where).{0,12}(?:fumar|smok\w+)|smoking (?:area|zone|allowed)|humo (?:del escenario|artificial)"
    r"|maquina de humo|nicotin\w*|cigarr\w+|vape\w*"
    r"|(?:having|had|have|what) (?:a|such a) blast|total blast|(?:estall|explot|revient)\w* (?:la fiesta|el publico"
    r"|de (?:alegria|risa|comer))|no contesta\w* (?:al|el|a mis|los|mis) (?:tel|movil|mensaj|whats|llamad)\w*"
    r"|hit me (?:with|up)|(?:cayo|caido|cae|cayeron) del cartel|comfortably numb|pass out (?:flyers|leaflets|water)"
    r"|fight(?:ing)? for|aplast\w+ (?:el|las?|los) (?:lata|vaso|lat)|aplastante|seat(?:ed)?|lost (?:child|kid"
    r"|children) point|ninos perdidos\b|punto de encuentro)\b"
)


def danger_kind(text: str, requests: RequestClassifier, *, names_something: bool = False) -> DangerKind | None:
    """Return the kind of danger that a text reports, or None.

    Args:
        text: as it was written.
        requests: classifier that gives the log odds of danger.
        names_something: the text names an act or a place. The classifier knows no such names, so that it doubts those
            that stand alone.
    """
    words = normalise(text)
    bare = _NEVER.sub(" ", words)
    named = [kind for kind, pattern in _KINDS.items() if pattern.search(bare)]
    odds = float(requests.analyze([text]).danger_log_odds[0])
    signs = urgency_signs(bare)
    calm = _CALM.search(words) is not None
    if calm and named and odds >= MIN_ASIDE_LOG_ODDS:
        calm = _CALM.search(_ASIDE.sub(" ", words)) is not None
    strong = _STRONG_NOW.search(words) is not None
    if bare != words and not named and not signs.urgent:
        return None
    if calm and not (strong and odds >= MIN_LOG_ODDS and named):
        return None
    if names_something and len(words.split()) <= MAX_NAME_WORDS and not named and not signs.urgent:
        return None
    is_statement = len(words.split()) >= (MIN_WORDS_WITH_NAMES if names_something else MIN_WORDS)
    doubtful = is_statement and not lexicon().names("signals", bare) & ASKING
    limit = MIN_DOUBTFUL_LOG_ODDS if doubtful else MIN_LOG_ODDS
    if named or signs.urgent:
        limit = min((NAMED_LOG_ODDS.get(kind, MIN_NAMED_LOG_ODDS) for kind in named), default=MIN_NAMED_LOG_ODDS)
    if named and strong:
        limit -= 1.0
    if odds < limit:
        return None
    return named[0] if named else "general"
