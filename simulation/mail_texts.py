"""Texts of mails to the support mailbox in Spanish and English, all written for the simulation."""

from __future__ import annotations

from typing import Final

Texts = dict[str, dict[str, tuple[str, ...]]]
"""Sentences that state a request, by topic and language; `{…}` are filled in by `support_mails`."""

REQUESTS: Final[Texts] = {
    "lost ticket": {
        "es": (
            "No encuentro mi entrada en el correo y el festival es hoy, ¿me la podéis reenviar?",
            "He perdido el PDF de la entrada, el número de pedido es {order}.",
            "Compré dos entradas con el pedido {order} y solo me ha llegado una.",
            "Se me ha borrado la entrada del móvil, ¿cómo la recupero?",
            "El código QR de mi entrada no se abre, ¿me mandáis otra copia?",
        ),
        "en": (
            "I can't find my ticket in my inbox, could you send it again?",
            "I lost the PDF of my ticket, the order number is {order}.",
            "I bought two tickets with order {order} but only one arrived.",
            "My ticket disappeared from my phone, how do I get it back?",
            "The QR code of my ticket doesn't open, can you send another copy?",
        ),
    },
    "refund": {
        "es": (
            "Al final no puedo ir y quiero que me devolváis el dinero de la entrada {order}.",
            "¿Cómo pido el reembolso? Me he puesto enfermo y no puedo viajar.",
            "Me cobrasteis dos veces la misma entrada, quiero la devolución de una.",
            "Solicito el reembolso del pedido {order}, ya van tres correos.",
            "¿Cuántos días tarda en llegar la devolución del importe?",
        ),
        "en": (
            "I can't make it after all and would like a refund for order {order}.",
            "How do I ask for my money back? I'm ill and can't travel.",
            "You charged me twice for the same ticket, please refund one of them.",
            "I want a refund of order {order}, this is my third mail.",
            "How many days does a refund take to arrive?",
        ),
    },
    "opening times": {
        "es": (
            "¿A qué hora abren las puertas hoy?",
            "¿Hasta qué hora se puede entrar en el recinto?",
            "¿A qué hora toca {act} en el escenario principal?",
            "¿Hay horarios de los conciertos en algún sitio? No los veo en la web.",
            "¿A qué hora cierra todo esta noche?",
        ),
        "en": (
            "What time do the doors open today?",
            "Until what time can we still get in?",
            "When does {act} play on the main stage?",
            "Is there a timetable of the concerts anywhere? I can't see it on the site.",
            "What time does everything close tonight?",
        ),
    },
    "parking": {
        "es": (
            "¿Hay parking cerca del recinto y cuánto cuesta?",
            "Vamos en coche, ¿dónde se puede aparcar?",
            "¿Se puede dejar el coche en el aparcamiento hasta mañana?",
            "El parking {letter} está lleno, ¿dónde aparcamos?",
            "¿Se puede aparcar una autocaravana y dormir dentro?",
        ),
        "en": (
            "Is there a car park near the venue and how much is it?",
            "We're coming by car, where can we park?",
            "Can I leave my car in the car park until tomorrow?",
            "Car park {letter} is full, where are we supposed to park?",
            "Can we park a camper van and sleep in it?",
        ),
    },
    "accessibility": {
        "es": (
            "Voy en silla de ruedas, ¿hay plataforma para ver el escenario?",
            "¿El recinto tiene acceso y baños adaptados para movilidad reducida?",
            "Mi madre anda con muletas, ¿hay sillas en alguna zona?",
            "¿El acompañante de una persona con discapacidad paga entrada?",
            "Soy sorda, ¿habrá intérprete de lengua de signos?",
        ),
        "en": (
            "I use a wheelchair, is there a platform to see the stage?",
            "Does the site have step-free access and accessible toilets?",
            "My mum walks with crutches, are there seats anywhere?",
            "Does the companion of a disabled person need a ticket?",
            "I'm deaf, will there be a sign language interpreter?",
        ),
    },
    "lost property": {
        "es": (
            "He perdido una mochila {colour} cerca de las barras, ¿la ha entregado alguien?",
            "Se me cayó el móvil delante del escenario, tiene la funda {colour}.",
            "¿Dónde está la oficina de objetos perdidos? He perdido la cartera.",
            "Mi hija se ha dejado una chaqueta {colour} en los baños.",
            "He perdido las llaves del coche, llevan un llavero {colour}.",
        ),
        "en": (
            "I lost a {colour} backpack near the bars, has anybody handed it in?",
            "I dropped my phone in front of the stage, it has a {colour} case.",
            "Where is the lost property office? I lost my wallet.",
            "My daughter left a {colour} jacket in the toilets.",
            "I lost my car keys, they have a {colour} key ring.",
        ),
    },
    "food allergies": {
        "es": (
            "Soy celíaca, ¿qué puestos tienen comida sin gluten?",
            "¿Las hamburguesas llevan frutos secos? Mi hijo es alérgico.",
            "¿Hay opciones veganas en el recinto?",
            "¿Puedo entrar con mi propia comida? Tengo alergia a la lactosa.",
            "¿Dónde puedo ver la lista de alérgenos de los puestos?",
        ),
        "en": (
            "I'm coeliac, which stalls have gluten free food?",
            "Do the burgers contain nuts? My son is allergic.",
            "Are there vegan options on site?",
            "May I bring my own food? I'm allergic to lactose.",
            "Where can I see the list of allergens of the food stalls?",
        ),
    },
    "noise complaint": {
        "es": (
            "Vivo en la calle {street} y el ruido es insoportable, mañana trabajo.",
            "Los graves retumban en toda la casa, bajad el volumen por favor.",
            "¿Hasta qué hora va a durar este ruido? Los niños no pueden dormir.",
            "Soy vecino y voy a llamar al ayuntamiento por el ruido.",
            "Con las ventanas cerradas y aun así se oye todo el concierto en la calle {street}.",
        ),
        "en": (
            "I live in {street} street and the noise is unbearable, I work tomorrow.",
            "The bass shakes our whole house, please turn the volume down.",
            "How long will this noise go on? The children can't sleep.",
            "I'm a neighbour and I'll call the council about the noise.",
            "Even with the windows shut we hear the whole concert in {street} street.",
        ),
    },
    "weather": {
        "es": (
            "Va a llover esta noche, ¿se suspende el festival?",
            "¿Qué pasa con los conciertos si hay tormenta?",
            "¿Se puede entrar con paraguas o solo chubasquero?",
            "Hace muchísimo calor, ¿hay sombra y fuentes de agua?",
            "Está lloviendo, ¿{act} va a tocar igual?",
        ),
        "en": (
            "It's going to rain tonight, will the festival be cancelled?",
            "What happens to the concerts if there is a storm?",
            "Are umbrellas allowed or only raincoats?",
            "It is boiling hot, is there shade and drinking water?",
            "It's raining, will {act} still play?",
        ),
    },
    "re-entry": {
        "es": (
            "¿Se puede salir y volver a entrar con la misma pulsera?",
            "He salido al coche y no me dejan volver a entrar.",
            "Si salgo a cenar, ¿puedo entrar otra vez?",
            "¿Hasta qué hora se permite la reentrada?",
        ),
        "en": (
            "Can I leave and come back in with the same wristband?",
            "I went out to the car and they won't let me back in.",
            "If I go out for dinner, may I enter again?",
            "Until what time is re-entry allowed?",
        ),
    },
    "VIP": {
        "es": (
            "Tengo entrada VIP, ¿por qué puerta se entra?",
            "¿Qué incluye la entrada VIP? ¿Hay bebida?",
            "Quiero cambiar mi entrada general por una VIP y pagar la diferencia.",
            "No me dejan subir a la terraza VIP y mi pedido {order} lo incluye.",
        ),
        "en": (
            "I have a VIP ticket, which gate do I use?",
            "What does the VIP ticket include? Are drinks free?",
            "I'd like to upgrade my general ticket to VIP and pay the difference.",
            "They won't let me up to the VIP terrace though order {order} includes it.",
        ),
    },
    "top-up": {
        "es": (
            "¿Cómo recargo la pulsera para pagar en las barras?",
            "¿Me devolvéis el saldo que sobre de la pulsera?",
            "¿Dónde están los puntos de recarga de la pulsera?",
        ),
        "en": (
            "How do I top up my wristband to pay at the bars?",
            "Do I get back the money left on my wristband?",
            "Where are the top-up points for the wristband?",
        ),
    },
}

SURGE: Final[dict[str, tuple[str, ...]]] = {
    "es": (
        "La recarga de la pulsera no funciona, me da error al pagar.",
        "No puedo recargar la pulsera, la app dice error y no hay saldo.",
        "He recargado {amount} euros en la pulsera y no aparecen, no funciona la recarga.",
        "La recarga cashless no va, llevamos media hora y la pulsera sigue sin saldo.",
        "Los puntos de recarga no funcionan y la app tampoco deja recargar la pulsera.",
        "Me habéis cobrado {amount} euros por recargar la pulsera y sigue a cero.",
    ),
    "en": (
        "The wristband top-up doesn't work, I get an error when I pay.",
        "I can't top up my wristband, the app says error and there is no balance.",
        "I topped up {amount} euros and they don't show on my wristband, top-up is not working.",
        "Cashless top-up is broken, half an hour now and the wristband is still empty.",
        "The top-up points don't work and the app won't top up the wristband either.",
        "You charged me {amount} euros for a wristband top-up and it still shows zero.",
    ),
}

URGENT: Final[dict[str, tuple[str, str, str]]] = {
    # Place of the incident → language, subject, text.
    "food": (
        "es",
        "URGENTE olor a gas",
        "Huele muchísimo a gas detrás de los puestos de comida, al lado de las hamburguesas. "
        "Por favor mandad a alguien ya, puede haber un incendio.",
    ),
    "gate": (
        "en",
        "People are being crushed at the east gate",
        "There is a crush at the east gate, people are pushing and we can't breathe. "
        "Someone fell and nobody can get up. Please open the other gates now!",
    ),
    "front": (
        "es",
        "una chica se ha desmayado",
        "Ayuda por favor, una chica se ha desmayado delante del escenario principal, a la izquierda, "
        "y no responde. Necesitamos un médico urgente, no se ve a nadie de seguridad.",
    ),
}

AUTOMATIC: Final = (
    "es",
    "Respuesta automática: fuera de la oficina",
    "Estoy de vacaciones hasta el 20 de julio y no leo el correo. Este es un mensaje automático, no responda.",
)
SPAM: Final = (
    (
        "en",
        "You have WON a luxury cruise!!!",
        "Dear winner, claim your free cruise and 5000 gift cards today. Click here now, limited offer, no risk!",
    ),
    (
        "es",
        "Gana dinero desde casa",
        "Multiplica tus ingresos en una semana con nuestro método secreto. Pincha aquí, plazas limitadas.",
    ),
)

SUBJECTS: Final = {
    "es": ("Duda", "Consulta", "Ayuda", "Pregunta", "Información", "", ""),
    "en": ("Question", "Help", "Hello", "Quick question", "Info", "", ""),
}
OPENINGS: Final = {
    "es": ("Hola,", "Buenas,", "Buenas tardes,", "Hola equipo,", "Holaa", "", ""),
    "en": ("Hi,", "Hello,", "Hi there,", "Hey team,", "Good evening,", "", ""),
}
MIDDLES: Final = {
    "es": ("Estoy en la cola ahora mismo.", "Llevo un rato buscando en la web.", "Me podéis escribir a {mail}.",
           "Mi teléfono es {phone}.", "Somos un grupo de {number}.", "Es la primera vez que vengo.",
           "", "", "", ""),
    "en": ("I'm in the queue right now.", "I've been searching your website for a while.", "My phone is {phone}.",
           "You can write to me at {mail}.", "We are a group of {number}.", "It's my first time here.",
           "", "", "", ""),
}  # fmt: skip
CLOSINGS: Final = {
    "es": ("Gracias,\n{name}", "Un saludo\n{name}", "Gracias de antemano.", "Espero respuesta, gracias.", "{name}", ""),
    "en": ("Thanks,\n{name}", "Best\n{name}", "Thank you in advance.", "Hope to hear from you.", "{name}", ""),
}
NAMES: Final = ("Lucía", "Marta", "Jorge", "Álvaro", "Noa", "Iker", "Aitana", "Emma", "Tom", "Grace", "Owen", "Pilar")
COLOURS: Final = {"es": ("negra", "roja", "azul", "verde", "gris"), "en": ("black", "red", "blue", "green", "grey")}
STREETS: Final = ("Olmo", "Molino", "Ribera", "Encina")
SLANG: Final = {
    "es": {"porque": "xq", "por favor": "porfa", "también": "tb", "que": "q", "mensaje": "msj", "estoy": "toy"},
    "en": {"please": "pls", "you": "u", "because": "cos", "are": "r", "tonight": "2nite", "thanks": "thx"},
}
