"""Words of danger in the languages of visitors that the models were not trained on, and calls for help of a word or two.

Catalan, Portuguese, French, Italian and German. The phrases are narrow, since one alone makes a mail of a word or three urgent.
"""

# ruff: noqa: E501 - lists of phrases are easier to read and extend in long lines

from __future__ import annotations

import re
from collections.abc import Iterable


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(phrases) + r")")


_CHILD_CA = r"(?:fill|filla|nen|nena|germa|germana|nebot|neboda|nin|nina|bebe|criatura|avi|avia|pare|mare)s?\b"
_CHILD_PT = r"(?:filh|menin|crianca|bebe|irma|net[oa]\b|avo\b|pai\b|mae\b)\w*"
_CHILD_FR = r"(?:fils|fille|enfant|garcon|gamin|gamine|petit|petite|frere|soeur|bebe|pere|mere)s?\b"
_CHILD_IT = r"(?:figli|bambin|bimb|ragazzin|fratell|sorell|neonat|nipot|nonn|padre|madre)\w*"
_CHILD_DE = r"(?:sohn|tochter|kind|kleiner?|junge|madchen|baby|bruder|schwester|enkel|vater|mutter|oma|opa)\w{0,4}\b"

# Texts are folded first: lower case, without accents, with straight apostrophes.
_DANGER = _any_of(
    (
        # Catalan
        _CHILD_CA + r".{0,30}\b(?:s'ha perdut|s'ha extraviat|s'han perdut|ha desaparegut|desaparegu|tota? sola?\b)",
        r"(?:perdut|trob\w+|busc\w+) (?:el|la|els|les|a|un|una|al) (?:(?:meu|meva|meus|nostre|nostra|seu|seva) )?" + _CHILD_CA,
        r"s'ha desmaiat|s'han desmaiat|desmaia(?:da|t)\b|inconscient|ha perdut el coneixement|no pot respirar|"
        r"no puc respirar|convulsi|s'esta ofegant|s'ofega\b|sagna\b|sagnant|ferit(?:s|da|des)?\b|no es mou\b|"
        r"atac (?:de cor|epileptic|d'asma)|sobredosi\b|reaccio al.?lergica|cop de calor",
        r"hi ha (?:un )?(?:foc|incendi|fum)\b|s'esta cremant|s'ha calat foc|en flames|fuita de gas|(?:olor|pudor) (?:de|a) gas",
        r"(?:hi ha|una) baralla|s'estan (?:barallant|pegant)|es (?:barallen|peguen)\b|ganivet|navalla|apunyal|agressi\w+|"
        r"m'han (?:pegat|tocat|agredit)|amenac\w+|em segueix|violacio|han violat|assetj\w+|una arma\b",
        r"ens (?:estan )?(?:aixafa|esclafa)\w*|allau de gent|no podem respirar|ens ofeguem|auxili\b|socors\b|"
        r"(?:necessit|cal)\w* (?:un |una )?(?:metge|ambulancia|sanitari)",
        # Portuguese
        _CHILD_PT + r".{0,30}\b(?:perdeu-se|se perdeu|esta perdid[oa]|desaparec\w+|sumiu|sozinh[oa])",
        r"(?:perdi|perdemos|nao (?:encontr|ach)\w+|procur\w+) (?:[oa] |um |uma )?(?:(?:meu|minha|nosso|nossa) )?(?:filh|menin|crianca|"
        r"bebe|irma)\w*",
        r"desmai(?:ou|aram|ad[oa]|ei)|inconscient|nao (?:consegu\w+ |esta a )?respira\w*|convuls|enfarte|a sangrar|sangrando|"
        r"ferid[oa]s?\b|reacao alergica|sobredose|afogando|a afogar|sufocando|a sufocar",
        r"ha (?:um )?(?:fogo|incendio|fumo)\b|esta a arder|peg(?:ou|ando) fogo|em chamas|fumaca|(?:fuga|vazamento) de gas|"
        r"cheir[oa] (?:muito )?(?:a|de) gas",
        r"(?:uma|ha|numa|esta havendo|tem) (?:briga|luta|pancadaria|rixa)\b|pancadaria|esfaque|uma faca\b|(?:tem|com) uma arma|"
        r"agredi|agressao|ameac\w+|assedi\w+|violad[oa]\b|estupr|a seguir-me|me seguindo|a bater em",
        r"esmaga\w+|espezinh|pisote\w+|(?:precis|chamem|chame)\w* (?:de )?(?:um |uma )?(?:medico|ambulancia|socorro)",
        # French
        _CHILD_FR + r".{0,30}\b(?:s'est perdue?|est perdue?s?\b|a disparu|ont disparu|disparue?s?\b|introuvable|toute? seule?\b)",
        r"(?:perdu|trouve (?:pas|plus)|retrouve (?:pas|plus)|cherch\w+) (?:mon|ma|mes|notre|un|une|l'|le|la) ?"
        r"(?:petite? |jeune )?" + _CHILD_FR,
        r"evanoui|inconscient|perdu connaissance|(?:ne |n')?respire (?:pas|plus)|(?:peut|peux|arrive|arrivons|pouvons) "
        r"(?:pas|plus) (?:a )?respirer|convuls|crise (?:cardiaque|d'epilepsie|d'asthme)|infarctus|saigne\b|"
        r"blesse(?:e|s|es)?\b|(?:fait|eu) un malaise|reaction allergique|s'etouffe|etouffons|se noie\b",
        r"il y a (?:le feu|un feu|un incendie|de la fumee)|(?:prend|pris|en) feu\b|incendie\b|en flammes|fuite de gas|fuite de gaz|"
        r"(?:odeur de|sent le) gaz",
        r"bagarre|se battent|couteau|poignard|pistolet|une arme\b|agress(?:e|ee|ion|eur)\w*|menac\w+|viol(?:ee?s?|eur)?\b|harcel\w+|"
        r"me suit\b|attouchement|frapp(?:e|ent|ee?)\b",
        r"(?:on|nous|se fait|gens) .{0,20}ecras\w+|pietin\w+|mouvement de foule|au secours\b|"
        r"(?:besoin d'un|appelez|envoyez) (?:un |une |le |les |la )?(?:medecin|docteur|ambulance|secours|samu|pompiers|police)",
        # Italian
        _CHILD_IT + r".{0,30}\b(?:si e (?:pers[oa]|smarrit[oa])|e (?:scompars|sparit)[oa]|scompars[oa]|tutt[oa] sol[oa])",
        r"(?:perso|trov(?:o|iamo)(?: piu)?|cerc(?:o|hiamo)|smarrito) (?:(?:il|la|mio|mia|nostro|nostra|un|una|mio) ){0,3}"
        r"(?:figli|bambin|bimb|fratell|sorell|nipot)\w*",
        r"svenut[oaie]|privo di sensi|priva di sensi|perso conoscenza|non (?:riesc\w+ a )?respira\w*|convulsion|"
        r"sanguin\w+|ferit[oaie]\b|reazione allergica|soffoca\w+|anneg\w+|un malore|attacco (?:di cuore|epilettico|d'asma)|incoscient",
        r"c'e (?:un |del )?(?:incendio|fuoco|fumo)|in fiamme|va a fuoco|ha preso fuoco|sta bruciando|(?:fuga|perdita) di gas|"
        r"(?:odore|puzza) di gas",
        r"rissa\b|si (?:stanno )?picchia\w+|coltell\w+|accoltell\w+|aggredi\w+|aggression\w+|minacci\w+|violentat|stupr\w+|"
        r"molestat[oa]|mi (?:sta )?segu(?:e|endo)\b|un'arma\b",
        r"schiacci\w+|calpest\w+|ressa\b|aiutateci|aiutatemi|(?:serve|chiamate|mandate) (?:un |una |un'|la |i )?"
        r"(?:medico|dottore|ambulanza|polizia|soccorsi)",
        # German
        r"(?:mein|unser|ein|das|sein|ihr)\w* (?:\w+ )?" + _CHILD_DE + r".{0,30}\b(?:verloren gegangen|ist (?:weg|verschwunden)|"
        r"verschwunden|vermisst|ganz allein|verlaufen)",
        r"(?:finde|finden|vermisse|vermissen|suche|suchen) (?:mein|unser|ein|das)\w* (?:kleine\w* )?(?:sohn|tochter|kind|madchen|jungen|"
        r"baby|bruder|schwester)",
        r"(?:habe|haben) (?:mein|unser)\w* (?:kleine\w* )?(?:sohn|tochter|kind|baby|bruder) (?:\w+ ){0,2}(?:verloren|aus den augen)",
        r"ohnmachtig|bewusstlos|zusammengebrochen|umgekippt|atmet nicht|nicht (?:mehr )?atmen|keine luft|krampfanfall|"
        r"herzinfarkt|blutet\b|verletzt|allergische reaktion|uberdosis|erstick\w+|ertrink\w+|hitzschlag",
        r"es brennt|brennt (?:ein|eine|es|das|die|der)\b|feuer (?:im|in|am|hinter|bei|auf|an)\b|ein feuer\b|(?:ein|der) brand\b|"
        r"in flammen|rauch (?:aus|im|in|steigt|kommt)|gasgeruch|(?:riecht|stinkt) nach gas|gasleck",
        r"schlagerei|prugel\w+|schlagen (?:sich|jemanden|auf)|messer\b|pistole|waffe\b|niedergestochen|angegriffen|uberfall\w*|bedroh\w+|"
        r"vergewaltig\w*|belastig\w*|begrapscht|verfolgt (?:mich|uns)",
        r"zerquetsch|eingequetscht|erdruckt|massenpanik|notarzt|krankenwagen|rettungswagen|"
        r"brauch\w+ (?:\w+ ){0,2}(?:arzt|sanitater)|(?:sofort|dringend|schnell) hilfe",
        # notices of two words
        r"(?:fill|nen) perdut\b|(?:filla|nena) perduda\b|(?:filh|menin|crianc)[oa] perdid[oa]\b|"
        r"(?:enfant|fils|fille|garcon|bebe) perdue?s?\b|(?:bambin|figli|bimb)[oa] (?:pers|smarrit)[oa]\b|"
        r"kind (?:verschwunden|vermisst|verloren|weg)\b|briga\b|baralla\b",
    )
)  # fmt: skip

_NO_DANGER = _any_of(
    (
        r"(?:en|em|in) caso? d[ei]\b.{0,40}", r"en cas d.{0,40}", r"im (?:not)?fall\w*.{0,40}",
        r"sortid\w+ d'emergencia", r"sorties? de secours", r"uscit\w+ di (?:sicurezza|emergenza)", r"notausgang\w*",
        r"saidas? de emergencia", r"focs artificials", r"feux? d'artifice", r"fuochi? d'artificio", r"fogos? de artificio",
        r"feuerwerk\w*", r"primers auxilis", r"primeiros socorros", r"premiers secours", r"primo soccorso", r"erste hilfe",
        r"(?:que passa|que passaria|o que acontece|que se passe-t-il|cosa succede|che succede) s[ei]\b.{0,60}",
        r"was (?:passiert|ist|ware),? wenn.{0,60}",
        r"(?:puc|podem|es pot|posso|podemos|pode-se|puis-je|peut-on|pouvons-nous|possiamo|si puo) (?:\w+ )?(?:portar|entrar|"
        r"levar|trazer|apporter|amener|entrer|portare|entrare).{0,50}",
        r"(?:darf|durfen|kann|konnen) (?:ich|man|wir)\b.{0,50}",
        r"taschenmesser|besteck",
    )
)  # fmt: skip

_CALLS = frozenset(
    """
    ayuda ayudadme ayudadnos ayudame ayudenme ayudenos urgente urgencia emergencia emergency help helpme urgent sos
    socorro auxilio auxili socors ajuda ajudeu ajudeu-me ajudeu-nos ajudem ajudem-me ajude ajudar aide aidez
    aidez-moi aidez-nous secours urgence aiuto aiutatemi aiutateci urgenza emergenza hilfe notfall dringend mayday
    peligro danger perigo perill pericolo gefahr fuego foc fogo feu fuoco feuer fire incendio incendi incendie 112
    """.split()  # noqa: SIM905 - a list of quoted words would be four pages
)
"""Words that alone, as a whole mail, are a call for help."""

_FILLERS = frozenset(
    """
    por favor porfavor porfa please plis si us plau per favore bitte s'il vous plait svp necesito necesitamos need
    we i me muy es it's is de la el a l'aide al au moi mas hay there un una preciso precisamos necessito necessitem
    besoin d'aide ho bisogno di wir ich brauche brauchen schnell rapido rapida quick quickly now ya ahora aqui here
    muita molta mucha
    """.split()  # noqa: SIM905 - a list of quoted words would be four pages
)
MAX_CALL_WORDS = 7
"""Words of the longest mail that is no more than a call for help."""

_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")


def without_harmless(folded: str) -> str:
    """Return a folded text without questions about danger, emergency exits and fireworks in these languages."""
    return _NO_DANGER.sub(" ", folded.replace("’", "'"))


def names_danger(folded: str) -> bool:
    """Return whether a folded text names a danger in one of these languages.

    >>> names_danger("el meu fill s'ha perdut"), names_danger("mon fils a perdu son billet")
    (True, False)
    """
    return _DANGER.search(without_harmless(folded)) is not None


def is_call_for_help(folded: str) -> bool:
    """Return whether a folded text is no more than a call for help.

    >>> is_call_for_help("ayuda!! por favor"), is_call_for_help("ayuda con la factura")
    (True, False)
    """
    words = _WORD.findall(folded[:200].replace("’", "'"))
    if not words or len(words) > MAX_CALL_WORDS or len(folded) > 200:
        return False
    return not _CALLS.isdisjoint(words) and all(word in _CALLS or word in _FILLERS for word in words)
