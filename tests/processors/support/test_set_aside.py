"""Fraud, advertising, automatic replies and loops are set aside; people who write about them are not."""

# ruff: noqa: E501 - mails are easier to read unbroken

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from processors.support.answers import read_answers
from processors.support.automatic_replies import is_automatic_reply
from processors.support.desk import SupportDesk
from processors.support.fraud_signs import fraud_signs
from processors.support.mail_analysis import analyze_mail
from processors.support.requests import RequestClassifier
from processors.support.topics import TopicClassifier, read_topics, topic_examples
from schemas.support import Mail, SupportTriage
from tests.processors.support.test_triage import SHIPPED

START = datetime(2026, 7, 4, 18, tzinfo=UTC)

FRAUD = (
    ("Bankia", "Su tarjeta ha sido bloqueada. Verifique sus datos: https://bankia-acceso.example.bad"),
    ("Paquete", "Su paquete está retenido en aduanas, pague 1,99 € de gastos de gestión en https://aduana.example.bad"),
    ("PayPal", "We noticed unusual activity in your account. Log in to restore access: http://203.0.113.9/pp"),
    ("Buzón", "Su buzón está lleno. Haga clic aquí para validar su cuenta."),
    ("Voicemail", "You have a new voice message. Listen: https://voicemail-login.example.bad/1"),
    ("Premio", "Has sido seleccionado para un premio. Reclámalo: https://bit.ly/abc"),
    ("Fund", "I am a barrister. A late client left 7 million dollars and you are next of kin. Contact me."),
    ("Pago", "He hackeado tu cámara web. Manda 0,2 bitcoin a mi monedero o lo publicaré."),
    ("Jefe", "Necesito que compres tarjetas regalo de Google Play, es confidencial. El director."),
    ("IBAN", "Hemos cambiado de banco: nuestro nuevo IBAN para la transferencia es ES00."),
    ("Firma", "Su firma digital ha sido desactivada. Recupérela en https://banco.example.bad"),
    ("Puntos", "Tiene puntos a punto de caducar. Canjéelos: https://telefonia.example.bad"),
    ("Parcel", "We tried to deliver your parcel. Pay 1.50 GBP to reschedule: https://parcel.example.bad"),
    ("Drive", "A colleague shared a file with you. Get your file: https://files.example.bad"),
    ("Quota", "Your mailbox has reached 99% of its quota. Click here or your mail will stop."),
    ("Boss", "I'm in a meeting and can't talk, handle a discreet payment for me now."),
    ("Virus", "I have a video of you from your webcam. Pay 900 USD in BTC to this wallet."),
    ("Tax", "You are eligible for a refund of 320 GBP. Fill in the form at https://tax.example.bad"),
    ("Mamá", "Este es mi nuevo número, ¿me haces una transferencia?"),
)
ADVERTISING = (
    ("Rebajas", "Hasta 60 % de descuento. Compra ahora. Ver en el navegador. Darse de baja."),
    ("Deals", "40 % off everything, shop now. Unsubscribe | manage your preferences"),
    ("SEO", "Ponemos su web en la primera posición de Google, pida presupuesto."),
    ("Watches", "Replica watches 80 % cheaper, worldwide shipping."),
    ("Bot", "Our trading bot returns 12 % daily, guaranteed."),
    ("Sofás", "Sofás desde 199 €. Si no quieres recibir más correos pulsa aquí."),
    ("Data", "Vendemos bases de datos de 2 millones de emails por 99 €."),
    ("LED", "We are a leading manufacturer of LED screens, ask for our factory price."),
    ("Loan", "We offer urgent loans at 2 %, answer with your data."),
)
PEOPLE = (
    ("Correo raro", "He recibido un correo que dice que verifique mi tarjeta en https://entradas-seguro.example.bad, ¿es vuestro?"),
    ("Scam?", "I got a message that my account will be closed unless I confirm my card: https://x.example.bad. Is this from you?"),
    ("Entradas", "Compré en https://tickets.example.org/order/12 y no me han llegado, ¿me las reenviáis?"),
    ("Cuenta", "No puedo iniciar sesión, mi cuenta está bloqueada y el concierto es hoy"),
    ("Tarjeta", "Me habéis cobrado dos veces en la tarjeta, devolvedme el dinero por transferencia"),
    ("Sorteo", "Gané dos entradas en el sorteo de la radio, ¿cómo reclamo el premio?"),
    ("Baja", "Please unsubscribe me from the newsletter, the discounts are too many"),
    ("Paquete", "Mis pulseras no llegan, el paquete está retenido en aduanas, ¿qué hago?"),
    ("Hacked", "My account was hacked and somebody bought tickets with my card"),
    ("Vuelta", "Estaré fuera de la oficina hasta el lunes, ¿podéis mandar las entradas a otro correo?"),
    ("Cuenta", "Mi cuenta está bloqueada y el enlace de restablecer la contraseña https://festival.example.org/r da error"),
    ("Refund", "Please send the refund to my new bank account, the old card was stolen"),
    ("I won!", "I won two tickets in your giveaway, how do I claim my prize?"),
    ("Premio", "He ganado el concurso de Instagram https://www.instagram.com/p/abc, ¿cómo recojo el premio?"),
    ("Regalo", "Compré una tarjeta regalo y el código pone caducado"),
    ("Cuota", "El segundo plazo caduca hoy y la web no deja pagar"),
    ("Transferencia", "Hecha la transferencia de 120 € a vuestra cuenta, adjunto justificante"),
    ("Grupo", "We are a band from Porto and would like to play. Video: https://youtu.be/abc"),
    ("Video", "Hay un vídeo en https://youtu.be/xyz donde se ve que la valla está rota"),
    ("Barra", "El camarero me ofreció viagra en la barra, eso no puede ser"),
    ("Newsletter", "How do I stop getting your newsletter? I've clicked unsubscribe five times."),
    ("Gente", "Cola enorme hoy: https://photos.example.com/1"),
    ("Bus", "Bus timetable? https://festival.example/bus shows yesterday"),
    ("Pulsera", "Pulsera 3381 sin saldo tras pagar 20 € hoy"),
    ("Usted", "Verifique por favor si mi entrada es válida, código 8812"),
    ("Ubicación", "Estamos aquí https://maps.google.com/?q=1,2, ¿por dónde se entra?"),
    ("Cola", "The queue at gate 2 is huge, look: https://photos.example.com/1"),
    ("Trabajo", "¿Puedo trabajar desde casa vendiendo entradas? Pagáis 20 euros la hora, ¿no?"),
)  # fmt: skip
PITCHES = (
    (
        "Limpieza",
        "Somos una empresa de limpieza de Zaragoza con 20 años de experiencia en eventos. Ofrecemos precios muy competitivos y le enviamos presupuesto sin compromiso. Llámenos al 600 000 000.",
    ),
    (
        "Carpas",
        "Alquilamos carpas, vallas y sanitarios portátiles para todo tipo de eventos. Solicite su presupuesto sin compromiso respondiendo a este correo.",
    ),
    (
        "Seguros",
        "Le ofrecemos un seguro de responsabilidad civil para su empresa con un 30 % de descuento. Contacte con nuestro asesor comercial.",
    ),
    (
        "Marketing",
        "Ayudamos a empresas como la suya a conseguir más clientes. ¿Podríamos agendar una llamada de 15 minutos esta semana?",
    ),
    ("Energía", "Reduzca su factura de la luz hasta un 40 %. Estudio gratuito, nuestro comercial le visita."),
    (
        "Web design",
        "I help businesses like yours get more leads with a modern website. Do you have 15 minutes for a quick call this week?",
    ),
    (
        "LED walls",
        "We rent LED walls and sound systems for events across Europe. Reply to this email for our price list and a free quote.",
    ),
    ("Merch", "Custom printed t-shirts and mugs from 2 EUR per piece, minimum order 100. Ask for our catalogue today."),
    ("Funding", "Get business funding up to 50,000 with no paperwork. Reply YES and our advisor will call you."),
    (
        "App",
        "Our software company develops mobile apps at affordable rates. Kindly share your requirements and we will send a quotation.",
    ),
    (
        "Neteja",
        "Som una empresa de neteja amb 15 anys d'experiència en esdeveniments. Oferim preus molt competitius, demaneu pressupost sense compromís.",
    ),
    (
        "Impremta",
        "Imprimim cartells, lones i flyers amb un 25 % de descompte aquest mes. Truqueu-nos i us farem un pressupost gratuït.",
    ),
    (
        "Nettoyage",
        "Notre société propose des services de nettoyage pour vos événements à des tarifs compétitifs. Demandez votre devis gratuit et sans engagement.",
    ),
    (
        "SEO",
        "Nous améliorons le référencement de votre site et vous apportons plus de clients. Répondez à ce mail pour un audit gratuit.",
    ),
    (
        "Goodies",
        "Profitez de -30 % sur nos objets publicitaires personnalisés : stylos, mugs, t-shirts. Offre valable jusqu'au 30.",
    ),
    (
        "Werbung",
        "Wir bieten professionelle Reinigung für Ihre Veranstaltung zu günstigen Preisen. Fordern Sie jetzt ein unverbindliches Angebot an.",
    ),
    (
        "Webseite",
        "Wir steigern Ihren Umsatz mit einer modernen Webseite. Haben Sie diese Woche 15 Minuten Zeit für ein kurzes Gespräch?",
    ),
    ("Rabatt", "Nur diese Woche: 20 % Rabatt auf alle Werbeartikel. Jetzt bestellen und sparen."),
    (
        "Pulizie",
        "La nostra azienda offre servizi di pulizia per eventi a prezzi competitivi. Richieda un preventivo gratuito e senza impegno.",
    ),
    (
        "Sito",
        "Aumentiamo le vendite della vostra azienda con il marketing digitale. Possiamo fissare una chiamata di 15 minuti?",
    ),
    (
        "Sconto",
        "Sconto del 30 % su tutti i gadget personalizzati fino a fine mese. Ordinate subito, spedizione gratuita.",
    ),
    (
        "Uniformes",
        "Confeccionamos uniformes y polos bordados para el personal de su evento. Respóndanos y le mandamos muestras y tarifas.",
    ),
    (
        "Generadores",
        "Nuestra empresa alquila generadores y torres de luz en toda Aragón. Precios muy competitivos para la temporada.",
    ),
    (
        "Software",
        "¿Cansado de gestionar turnos en Excel? Nuestro software le ahorra horas. ¿Le va bien una demostración el martes?",
    ),
    (
        "Fencing",
        "We supply crowd barriers and fencing to festivals all over the UK. Happy to send our brochure and a no obligation quote.",
    ),
    (
        "Recruitment",
        "Our agency provides event staff at competitive rates. Let me know when you are free for a short call.",
    ),
    ("Lloguer", "Lloguem equips de so i llum per a festivals, demaneu el nostre catàleg."),
    ("Web", "Ajudem empreses com la vostra a vendre més. Podem fer una trucada de 15 minuts?"),
    ("Sono", "Nous louons du matériel de sonorisation pour tous vos événements, devis gratuit sous 24 h."),
    (
        "Formation",
        "Notre organisme forme vos équipes à la sécurité. Contactez notre conseiller pour connaître nos tarifs.",
    ),
    (
        "Zelte",
        "Wir vermieten Zelte und Bühnen für Veranstaltungen. Gerne erstellen wir Ihnen ein unverbindliches Angebot.",
    ),
    ("Strom", "Sparen Sie bis zu 30 % Ihrer Stromkosten. Unser Berater ruft Sie gerne zurück."),
    ("Palchi", "Noleggiamo palchi e transenne per eventi in tutta Italia, preventivo gratuito in 24 ore."),
    ("Corsi", "Proponiamo corsi di formazione per il vostro personale, contattateci per un listino prezzi."),
)
"""Advertising without a link, in six languages."""

OFFERS_OF_CUSTOMERS = (
    ("Vendo", "Vendo dos entradas para el sábado, ¿puedo cambiar el nombre?"),
    (
        "Food truck",
        "Tenemos un food truck de arepas y nos gustaría ofrecerlo en vuestro festival, ¿a quién escribimos?",
    ),
    ("Voluntario", "Me ofrezco como voluntario para el montaje, ¿dónde me apunto?"),
    ("Vecino", "Ofrezco mi campo para aparcar si os falta sitio, estoy al lado del recinto"),
    ("Descuento", "Vi que había un 20 % de descuento en las entradas, ¿sigue hasta hoy?"),
    ("Grupo", "Somos un grupo de rock de Huesca y ofrecemos tocar gratis el viernes"),
    ("Fotos", "Soy fotógrafa y ofrezco mis fotos del concierto de ayer, sin compromiso"),
    ("Tickets", "I sell two tickets for Saturday, how do I change the name?"),
    ("Truck", "We offer our food truck for the camping area, who can we talk to?"),
    ("DJ", "I'm a DJ and offer to play a free set on Sunday if somebody cancels"),
    ("Lift", "We have two free seats in our car from Bilbao, can I post that somewhere?"),
    ("Call", "Can you call me? I lost my wallet with my ticket near the main stage"),
    ("Quote", "Our company wants 40 tickets for a team outing. Can you send us a quote?"),
    ("Entrades", "Venc dues entrades per dissabte, com puc canviar el nom?"),
    ("Truck", "Tenim un food truck i oferim menjar vegà, com podem participar al festival?"),
    ("Billets", "Je vends deux billets pour samedi, comment changer le nom ?"),
    ("Truck", "Nous proposons notre food truck pour votre festival, à qui écrire ?"),
    ("Bénévole", "Je propose mon aide comme bénévole pour le montage"),
    ("Karten", "Ich verkaufe zwei Karten für Samstag, wie ändere ich den Namen?"),
    ("Truck", "Wir bieten unseren Food Truck für das Festival an, an wen schreiben wir?"),
    ("Angebot", "Gibt es noch das Angebot mit 20 % Rabatt für Gruppen?"),
    ("Biglietti", "Vendo due biglietti per sabato, come cambio il nome?"),
    ("Truck", "Offriamo il nostro food truck per il festival, a chi scriviamo?"),
    ("Band", "Siamo una band di Torino e offriamo un concerto gratis venerdì"),
    ("Puesto", "Hacemos artesanía y quisiéramos montar un puesto, ¿qué precio tiene y hay presupuesto mínimo?"),
    ("Agua", "Alquilamos un apartamento y no hay agua, ¿hay duchas en el recinto?"),
    ("Camping", "Alquilamos una carpa en vuestro camping con 20 % de descuento y no aparece en la reserva"),
    ("Prensa", "Somos una agencia de noticias y queremos acreditación para dos personas"),
    ("Staff", "We provide first aid as volunteers of the Red Cross; where do we park?"),
    ("Rental", "We rent a tent at your campsite and got 20% off, but the email says full price"),
    ("Team", "Our company offers tickets to employees; can we get an invoice?"),
    ("Press", "We are a small agency covering the festival, can I get a press pass?"),
    ("Tenda", "Lloguem una tenda al vostre càmping, a quina hora podem entrar?"),
    ("Devis", "Notre entreprise voudrait 30 places, pouvez-vous nous envoyer un devis ?"),
    ("Location", "Nous louons une tente chez vous, peut-on arriver jeudi ?"),
    ("Zelt", "Wir vermieten unsere Karten weiter, geht das? Wir können nicht kommen"),
    ("Schulklasse", "Wir bieten zwei Plätze im Auto ab München an, gibt es eine Mitfahrbörse?"),
    ("Noleggio", "Noleggiamo una tenda da voi con lo sconto del 10 %, quando si può entrare?"),
)
"""People who offer something, rent, ask for a quote or name a discount."""

DANGERS = (
    "Hay una chica inconsciente junto a la barra y no respira.",
    "A girl is unconscious next to the bar and not breathing.",
    "Hi ha una noia inconscient al costat de la barra i no respira.",
    "Une fille est inconsciente près du bar et ne respire plus.",
    "Ein Mädchen liegt bewusstlos neben der Bar und atmet nicht.",
    "C'è una ragazza incosciente vicino al bar e non respira.",
)

AUTOMATIC = (
    ("Respuesta automática: Consulta", "eva@x.org", "No estoy"),
    ("Automatic reply: Re: tickets", "eva@x.org", "I am away"),
    ("Réponse automatique : Absence", "eva@x.org", "Je suis absente"),
    ("Abwesenheitsnotiz: Ihre Frage", "eva@x.org", "Ich bin im Urlaub"),
    ("Risposta automatica: biglietti", "eva@x.org", "Sono in ferie"),
    ("Resposta automàtica: entrades", "eva@x.org", "Soc fora"),
    ("Fora do escritório: bilhetes", "eva@x.org", "Estou de férias"),
    ("Undeliverable: your tickets", "x@y.org", "could not be delivered"),
    ("No se ha podido entregar: entradas", "x@y.org", "nada"),
    ("Unzustellbar: Tickets", "x@y.org", "nichts"),
    ("hello", "MAILER-DAEMON@mx.example.org", "user unknown"),
    ("hello", "Mail Delivery Subsystem <mdaemon@x.org>", "failed"),
    ("hello", "postmaster@example.org", "failed"),
    ("Re: your question", "eva@x.org", "I am out of the office until 15 July with limited access to email."),
    ("Re: consulta", "eva@x.org", "Estoy de vacaciones hasta el 20 de julio. Responderé a mi vuelta."),
    ("Re: tickets", "x@y.org", "Delivery to the following recipient failed permanently: <a@b.org> 550 5.1.1"),
    ("Afwezig: uw vraag", "eva@x.org", "Ik ben met vakantie"),
    ("Autosvar: biljetter", "eva@x.org", "Jag är på semester"),
    ("Re: Bus", "eva@x.org", "Ich bin bis zum 15. August nicht im Büro. Ihre Mail beantworte ich danach."),
    ("Leído: su consulta", "eva@x.org", "Su mensaje se leyó"),
)
WRITTEN_BY_PEOPLE = (
    ("Automatic gate does not open", "eva@x.org", "The automatic gate at parking B stays shut"),
    ("Pulsera no entregada", "eva@x.org", "No me han entregado la pulsera"),
    ("Ausencia de agua", "eva@x.org", "No hay agua en los baños"),
    ("Delivery", "eva@x.org", "When is the delivery of my tickets?"),
    ("Vacaciones", "eva@x.org", "Estoy de vacaciones cerca, ¿quedan entradas hasta el domingo?"),
    ("Office", "eva@x.org", "Where is the ticket office? I can't find it"),
    ("Büro", "eva@x.org", "Ich bin am Eingang und die Frau im Büro antwortet nicht"),
    ("Fuera", "eva@x.org", "Estoy fuera de la puerta 3 y no me dejan pasar hasta el concierto"),
    ("Ausente", "eva@x.org", "Mi hijo está ausente desde hace una hora, no lo encuentro"),
    ("Re: respuesta", "eva@x.org", "Vuestra respuesta automática no me sirve, no puedo entrar"),
)


class Desk:
    def __init__(self, requests: RequestClassifier) -> None:
        topics = TopicClassifier(topic_examples(read_topics(SHIPPED / "topics.yaml")), requests)
        self.desk = SupportDesk(None, requests, topics, read_answers(SHIPPED / "answers.yaml"))
        self._requests, self._number = requests, -1

    def __call__(self, subject: str, text: str, at: datetime = START, **fields: object) -> SupportTriage:
        self._number += 1
        given: dict[str, object] = {
            "id": f"m{self._number}",
            "thread": f"t{self._number}",
            "sender": "eva@x.org",
        } | fields
        mail = Mail(time=at, subject=subject, text=text, **given)  # type: ignore[arg-type]
        triage = self.desk.apply(analyze_mail(mail, self._requests), self._number, f"e{self._number}")  # type: ignore[arg-type]
        assert triage is not None
        return triage


@pytest.fixture
def desk(requests: RequestClassifier) -> Desk:
    return Desk(requests)


def test_fraud_and_advertising_are_set_aside(desk: Desk) -> None:
    assert [subject for subject, text in FRAUD if desk(subject, text).set_aside != "phishing"] == []
    assert [subject for subject, text in ADVERTISING if desk(subject, text).set_aside != "spam"] == []


def test_sales_pitch_without_a_link_is_set_aside(desk: Desk) -> None:
    triaged = [(subject, desk(subject, text)) for subject, text in PITCHES]
    found = [subject for subject, one in triaged if one.set_aside == "spam"]
    assert len(found) >= 0.95 * len(PITCHES)
    assert [subject for subject, one in triaged if one.suggestion or one.priority == "urgent"] == []


@pytest.mark.parametrize("danger", DANGERS)
def test_sales_pitch_does_not_hide_danger(desk: Desk, danger: str) -> None:
    for subject, text in (PITCHES[0], PITCHES[6], PITCHES[-1]):
        triage = desk(subject, f"{text} {danger}")
        assert (triage.priority, triage.set_aside) == ("urgent", None)


def test_customer_who_offers_something_is_heard(desk: Desk) -> None:
    triaged = [(subject, desk(subject, text)) for subject, text in OFFERS_OF_CUSTOMERS]
    assert [(subject, one.set_aside) for subject, one in triaged if one.set_aside] == []


def test_people_who_write_about_fraud_are_not_set_aside(desk: Desk) -> None:
    assert [subject for subject, text in PEOPLE if desk(subject, text).set_aside] == []


@pytest.mark.parametrize(("subject", "text"), [*FRAUD, *PEOPLE[:2]])
def test_mail_with_a_suspicious_link_gets_no_suggestion(desk: Desk, subject: str, text: str) -> None:
    assert desk(subject, text).suggestion is None


def test_mail_with_a_ticket_shop_link_gets_a_suggestion(desk: Desk) -> None:
    assert desk(*PEOPLE[2]).suggestion is not None


@pytest.mark.parametrize(
    ("link", "suspicious"),
    [
        ("https://tickets.example.org/order/1", False),
        ("https://www.paypal.com/receipt", False),
        ("https://maps.google.com/?q=1,2", False),
        ("https://paypal.example.bad/", True),
        ("http://198.51.100.7/x", True),
        ("https://tinyurl.com/x", True),
        ("https://user@host.example/x", True),
        ("https://xn--pypal-4ve.example/", True),
    ],
)
def test_suspicious_links_are_known_by_their_host(link: str, suspicious: bool) -> None:
    assert fraud_signs(f"Mirad {link} por favor").suspicious_link == suspicious


@pytest.mark.parametrize(("subject", "sender", "text"), AUTOMATIC)
def test_automatic_reply_without_headers_is_recognized(subject: str, sender: str, text: str) -> None:
    assert is_automatic_reply(subject, sender, text)


@pytest.mark.parametrize(("subject", "sender", "text"), WRITTEN_BY_PEOPLE)
def test_person_is_not_taken_for_an_automatic_reply(subject: str, sender: str, text: str) -> None:
    assert not is_automatic_reply(subject, sender, text)


@pytest.mark.parametrize(
    "fields",
    [
        {"automatic": True},
        {"no_reply": True},
        {"sender": "MAILER-DAEMON@x.org"},
        {"subject": "Automatic reply: tickets"},
    ],
)
def test_danger_is_found_in_whatever_a_machine_sent(desk: Desk, fields: dict[str, object]) -> None:
    subject = str(fields.pop("subject", "Hola"))
    triage = desk(subject, "Una chica se ha desmayado delante del escenario y no respira", **fields)
    assert (triage.priority, triage.set_aside) == ("urgent", None)


def test_danger_is_found_in_a_loop_and_beside_fraud(desk: Desk) -> None:
    danger = "Una chica se ha desmayado delante del escenario y no respira"
    assert {desk("Re: a", danger, thread="t").priority for _ in range(5)} == {"urgent"}
    assert desk(FRAUD[0][0], f"{FRAUD[0][1]} {danger}").priority == "urgent"


def test_list_mail_gets_no_suggestion(desk: Desk) -> None:
    text = "¿Dónde puedo aparcar el coche?"
    assert desk("Coche", text).suggestion is not None
    listed = desk("Coche", text, no_reply=True)
    assert (listed.suggestion, listed.set_aside, listed.priority) == (None, None, "normal")


def test_web_form_with_one_address_is_no_loop(desk: Desk) -> None:
    texts = ("¿A qué hora abren las puertas?", "No hay agua en el camping")
    triaged = [desk("Web", texts[n % 2], START + timedelta(seconds=15 * n), sender="web@f.org") for n in range(40)]
    assert {one.set_aside for one in triaged} == {None}
    assert sorted(cluster.size for cluster in desk.desk.clusters) == [20, 20]


def test_flood_of_one_text_is_a_loop(desk: Desk) -> None:
    triaged = [desk("Monitor", "disk check ok", START + timedelta(seconds=n), sender="cron@f.org") for n in range(55)]
    assert triaged[40].set_aside is None
    assert triaged[-1].set_aside == "loop"


def test_same_words_on_several_days_are_no_loop(desk: Desk) -> None:
    triaged = [desk("Hola", "¿Hay bus?", START + timedelta(hours=12 * n), thread="t") for n in range(6)]
    assert {one.set_aside for one in triaged} == {None}


def test_answers_of_two_machines_are_a_loop(desk: Desk) -> None:
    triaged = [desk("Re: Re: ticket", "We received your message.", START + timedelta(minutes=n)) for n in range(4)]
    assert [one.set_aside for one in triaged][2:] == ["loop", "loop"]


def test_signs_of_fraud_take_bounded_time() -> None:
    for text in ("su cuenta " * 9_000, "https://" * 9_000, "nuevo iban " * 9_000, "a" * 90_000, "million " * 9_000):
        fraud_signs(text)
        is_automatic_reply(text, text, text)
