"""Mails of a word or three, calls for help, and danger in the languages of visitors."""

# ruff: noqa: E501 - mails are easier to read unbroken

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from processors.support.danger_words import is_call_for_help, names_danger
from processors.support.mail_analysis import analyze_mail
from processors.support.priority import PriorityClassifier
from processors.support.requests import RequestClassifier
from processors.support.words import fold_text
from schemas.support import Mail

START = datetime(2026, 7, 4, 18, tzinfo=UTC)

PICTURES = (
    "Foto", "Fotos de ayer", "(sin asunto)", "(no subject)", "Captura de pantalla", "Captura de ecrã", "Capture d'écran",
    "Bildschirmfoto", "IMG_2034", "PXL_20260704_201533.jpg", "WhatsApp Image 2026-07-04 at 20.01.12", "Documento sin título 1",
    "Enviado desde mi iPhone", "Gesendet von meinem iPhone", "Música", "Hola", "Ticket", "Scan", "Vídeo", "Mensaje de voz", "👍",
)  # fmt: skip
CALLS = (
    "Ayuda", "¡AYUDA!", "Ayuda, por favor", "Necesito ayuda", "Urgente", "Help", "help me please", "SOS", "Socorro", "Auxilio",
    "Fuego", "Fire!", "Ajuda", "Auxili", "Au secours", "Aidez-moi", "Aiuto", "Hilfe", "Notfall", "Feuer", "Fogo", "Foc!",
    "Pelea", "Niño perdido", "Chica desmayada", "Enfant perdu", "Bambino scomparso", "Nen perdut", "Bagarre", "Schlägerei",
)  # fmt: skip
FOREIGN_DANGER = (
    "el meu fill s'ha perdut", "Hem perdut la nena a la platja", "Una noia s'ha desmaiat", "Hi ha foc darrere de l'escenari",
    "S'estan pegant a la barra", "Em segueix un home", "Perdi o meu filho na multidão", "Um rapaz desmaiou", "Há fogo numa tenda",
    "Estão a bater em alguém, é uma briga", "A minha filha desapareceu", "Ma fille a disparu", "Un garçon s'est évanoui",
    "Il y a le feu dans une tente", "Ils se battent devant le bar", "On me suit, un homme me suit", "Mia figlia è scomparsa",
    "Una donna è svenuta", "Un incendio vicino al palco", "C'è una rissa", "Meine Tochter ist verschwunden",
    "Ein Mann ist bewusstlos", "Es brennt im Zelt", "Eine Schlägerei am Eingang", "Er hat ein Messer",
)  # fmt: skip
FOREIGN_CALM = (
    "He perdut la cartera", "Hi haurà focs artificials?", "On és la sortida d'emergència?", "Puc portar una navalla?",
    "Perdi o bilhete do meu filho", "Onde é a saída de emergência?", "Le groupe a mis le feu, merci !", "J'ai perdu ma veste",
    "Y aura-t-il un feu d'artifice ?", "Mio figlio ha perso il biglietto", "Posso portare un coltello?", "Danke, es war toll",
    "Mein Sohn hat sein Ticket verloren", "Gibt es ein Feuerwerk?", "Was passiert, wenn es brennt?", "Wo ist der Notausgang?",
)  # fmt: skip


@pytest.fixture(scope="module")
def priority(requests: RequestClassifier) -> PriorityOfMail:
    return PriorityOfMail(requests)


class PriorityOfMail:
    def __init__(self, requests: RequestClassifier) -> None:
        self._requests, self._priorities = requests, PriorityClassifier(requests)

    def __call__(self, subject: str, text: str = "", *, automatic: bool = False) -> str:
        mail = Mail(id="m", thread="t", time=START, sender="e@x.org", subject=subject, text=text, automatic=automatic)
        return self._priorities.classify(analyze_mail(mail, self._requests)).priority


@pytest.mark.parametrize("text", ["", "\n\nEnviado desde mi iPhone\n"])
@pytest.mark.parametrize("subject", PICTURES)
def test_word_that_names_no_danger_is_not_urgent(priority: PriorityOfMail, subject: str, text: str) -> None:
    assert priority(subject, text) != "urgent"


@pytest.mark.parametrize("subject", CALLS)
def test_word_that_names_a_danger_is_urgent(priority: PriorityOfMail, subject: str) -> None:
    assert priority(subject) == "urgent"


@pytest.mark.parametrize(
    "text", ["Ayuda con la factura", "Need help with my ticket", "Salida de emergencia", "Fuegos artificiales"]
)
def test_word_of_help_in_a_question_is_not_urgent(priority: PriorityOfMail, text: str) -> None:
    assert priority(text) != "urgent"


@pytest.mark.parametrize("text", FOREIGN_DANGER)
def test_danger_in_a_visitors_language_is_urgent(priority: PriorityOfMail, text: str) -> None:
    assert priority("Hola", text) == "urgent"


@pytest.mark.parametrize("text", FOREIGN_CALM)
def test_calm_in_a_visitors_language_is_not_urgent(priority: PriorityOfMail, text: str) -> None:
    assert not names_danger(fold_text(text))
    assert priority("", text) != "urgent"


@pytest.mark.parametrize(
    ("subject", "text", "urgent"),
    [
        ("Automatic reply: hello", "Thank you for your mail. For urgent matters call +44 20 0000 0000.", False),
        ("Respuesta automática", "No estoy. En caso de emergencia llame al 112.", False),
        ("Abwesenheitsnotiz", "Ich bin im Urlaub. Im Notfall rufen Sie die 110 an.", False),
        ("Automatic reply: hello", "A girl has fainted next to me and is not breathing", True),
        ("Réponse automatique", "Il y a le feu derrière la scène", True),
    ],
)
def test_automatic_reply_is_urgent_only_where_it_names_a_danger(
    priority: PriorityOfMail, subject: str, text: str, urgent: bool
) -> None:
    assert (priority(subject, text, automatic=True) == "urgent") == urgent


@pytest.mark.parametrize("danger", ["Una chica se ha desmayado aquí al lado.", "Un garçon s'est évanoui ici."])
def test_danger_after_many_sentences_is_urgent(priority: PriorityOfMail, danger: str) -> None:
    before = " ".join(f"El grupo número {n} nos gustó mucho a todos." for n in range(30))
    assert priority("Hola", f"{before} {danger} Gracias.") == "urgent"


def test_word_lists_take_bounded_time() -> None:
    for text in ("hijo " * 20_000, "mein kleiner " * 9_000, "perdut el meu " * 8_000, "a" * 90_000, "' " * 45_000):
        names_danger(text[:4_000])
        is_call_for_help(text)
