"""Message files: rendering, languages, and the mistakes that are found when they are read."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from processors.alerts.evaluator import RuleEvaluator
from processors.alerts.messages import MessageCatalog, MessageError
from processors.alerts.notifications import notification_message, plan_notifications
from processors.alerts.rule import LocalizedText, Message
from schemas.alerts import Alert
from schemas.contacts import Contact
from schemas.crowd import CrowdCount, ZoneCount
from schemas.venue import Venue
from schemas.violence import ViolenceScore
from stream.features import registry
from tests.processors.alerts.golden_results import AT, VENUE, results

CATALAN = """
crowd-density:
  title: Densitat
  text: "{zone}: {density:.1f} persones/m²."
crowd-capacity:
  title: Aforament
  text: "{zone}: {persons:.0f} persones, aforament {capacity}."
crowd-forecast:
  title: Zona a punt d'omplir-se
  text: "{zone}: pot omplir-se{when} ({persons:.0f} de {limit:.0f}); limiteu l'entrada."
  when: " d'aquí a uns {minutes:.0f} min"
crowd-pressure:
  title: Pressió de la multitud
  text: "{zone}: pressió de multitud {pressure:.3f} s⁻²: empentes; obriu sortides i atureu l'entrada."
bottleneck:
  title: Embús en una sortida
  text: "{zone}: embús davant {exit} ({density:.1f} persones/m²).{advice}"
  change_sign: " Canvieu «{sign}» cap a {exit}."
  sign_automatic: " «{sign}» canvia sol cap a {exit}, si no és plena."
  sign_propose: " Aproveu el text de «{sign}»: cap a {exit}."
  redirect: " Desvieu cap a {exit}."
counter-flow:
  title: Corrents oposats
  text: "{zone}: dos corrents en sentits oposats; separeu-los."
stop-and-go:
  title: Ones de parada
  text: "{zone}: la multitud avança a batzegades; freneu l'entrada i obriu sortides."
stampede:
  title: Estampida
  text: "{zone}: estampida, corre el {running:.0f} % de la gent; mireu la imatge."
scattering:
  title: La gent s'aparta corrents
  text: "{zone}: la gent fuig d'un punt; mireu la imatge."
"""


def write_messages(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for language, text in files.items():
        (folder / f"messages.{language}.yaml").write_text(text, encoding="utf-8")
    return folder


def make_catalog(folder: Path, **files: str) -> MessageCatalog:
    return MessageCatalog.read([write_messages(folder, **files)], ["queue"])


@pytest.fixture
def catalog_with_catalan(tmp_path: Path) -> MessageCatalog:
    """Return the shipped messages with those of the crowd feature in Catalan too."""
    folders = []
    for number, folder in enumerate(registry.message_folders()):
        copy = tmp_path / str(number)
        copy.mkdir()
        for file in folder.glob("messages.*.yaml"):
            shutil.copy(file, copy)
        if folder.name == "crowd":
            write_messages(copy, ca=CATALAN)
        folders.append(copy)
    return MessageCatalog.read(folders, registry.rules_by_name())


def test_language_is_added_by_adding_a_file(catalog_with_catalan: MessageCatalog) -> None:
    assert catalog_with_catalan.languages == ("ca", "en", "es")
    assert catalog_with_catalan.title("crowd-density", "ca") == "Densitat"
    assert catalog_with_catalan.title("violence", "ca") == "Possible fight", (
        "English where a feature lacks the language"
    )
    evaluator = RuleEvaluator(registry.rules(), VENUE, catalog_with_catalan)
    count = CrowdCount(
        event_id="e",
        camera="c",
        time=AT,
        persons=9,
        zones=(ZoneCount(zone="front", persons=9, density=4.04),),
        model="m",
    )
    texts = {one.rule: one.text for one in evaluator.observations(count)}
    assert texts["crowd-density"]["ca"] == "Delante del escenario: 4.0 persones/m²."
    assert texts["crowd-density"]["es"] == "Delante del escenario: 4.0 personas/m²."
    assert texts["camera-blind"]["ca"] == texts["camera-blind"]["en"]


def test_contact_is_notified_in_an_added_language(catalog_with_catalan: MessageCatalog) -> None:
    venue = Venue(name="Aquí", contacts=[Contact(id="duty", audience=["security"], language="ca")])
    alert = Alert(
        id="a@1", key="crowd-density/front/c", version=1, rule="crowd-density", subject="front/c", state="raised",
        severity="high", audience=("security",), raised_at=AT, time=AT, value=4, peak=4, threshold=3.5, event_id="e",
        text={"ca": "Massa gent", "en": "Too many people", "es": "Demasiada gente"},
    )  # fmt: skip
    (notification,) = plan_notifications(alert, AT, venue)
    message = notification_message(notification, venue.contacts[0], venue, catalog_with_catalan, "https://console/")
    assert message.title == "Aquí: high alert", "the headings have no Catalan"
    assert message.body.splitlines() == ["Massa gent", "Since 00:00:00.", "https://console/?rule=crowd-density"]


def test_every_shipped_message_renders_in_every_language() -> None:
    messages = registry.message_catalog()
    rendered = {
        (rule.name, measurement.message.template)
        for result in results()
        for rule in registry.rules()
        if isinstance(result, rule.result)
        for measurement in rule.measure(result, VENUE)
        if set(messages.render_all(rule.name, measurement.message)) == {"en", "es"}
    }
    types = {type(result) for result in results()}  # further features test their own
    assert {name for name, _ in rendered} == {rule.name for rule in registry.rules() if rule.result in types}


def test_message_nests_messages_joins_tuples_and_formats_numbers(tmp_path: Path) -> None:
    text = 'queue: {title: Queue, text: "{who}: {items}{end} {n:.1f}", item: "{what}", end: "!"}'
    items = (Message("item", {"what": "a {b}"}), Message("item", {"what": "{0.__class__}"}))
    who = LocalizedText({"es": "tú"}, "you")
    message = Message("text", {"who": who, "items": items, "end": Message("end"), "n": 2})
    rendered = make_catalog(tmp_path, en=text, es=text).render_all("queue", message)
    assert rendered == {"en": "you: a {b}, {0.__class__}! 2.0", "es": "tú: a {b}, {0.__class__}! 2.0"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no messages.LANGUAGE.yaml"),
        ({"en": "other: {title: Other, text: x}"}, "rule queue has no messages"),
        ({"en": "queue: {text: x}"}, "queue needs a `title:`"),
        ({"en": 'queue: {title: "Queue {n}"}'}, "queue needs a `title:` without placeholders"),
        ({"en": "queue: {title: Queue, text: x}", "es": "queue: {title: Cola}"}, "messages.es.yaml lacks queue.text"),
        ({"en": "queue: {title: Queue}", "es": "queue: {title: Cola, text: x}"}, "messages.en.yaml lacks queue.text"),
        ({"en": 'queue: {title: Q, text: "{n}"}', "es": 'queue: {title: C, text: "{m}"}'}, "queue.text has the placeh"),
        ({"en": 'queue: {title: Q, text: "{n.real}"}'}, "must be a name"),
        ({"en": 'queue: {title: Q, text: "{n[0]}"}'}, "must be a name"),
        ({"en": 'queue: {title: Q, text: "{n!r}"}'}, "must be a name"),
        ({"en": 'queue: {title: Q, text: "{n:{width}}"}'}, "must be a name"),
        ({"en": 'queue: {title: Q, text: "{}"}'}, "must be a name"),
        ({"en": 'queue: {title: Q, text: "{n"}'}, "queue.text: "),
        ({"en": "queue: {title: 7}"}, "quote what looks like a number"),
        ({"en": "queue: ["}, "can't be read as YAML"),
        ({"en": "- queue"}, "a section for each rule"),
    ],
)
def test_message_file_error_names_the_mistake(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(MessageError, match=message):
        make_catalog(tmp_path, **files)


def test_two_features_with_one_section_are_refused(tmp_path: Path) -> None:
    folders = [write_messages(tmp_path / name, en="queue: {title: Queue}") for name in ("a", "b")]
    with pytest.raises(MessageError, match="another feature"):
        MessageCatalog.read(folders)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (Message("nothing"), "no template 'nothing'; there are title, text"),
        (Message("text", {}), "can't be filled in"),
        (Message("text", {"n": "many"}), "can't be filled in"),
    ],
)
def test_message_that_does_not_fit_its_template_is_refused(tmp_path: Path, message: Message, error: str) -> None:
    messages = make_catalog(tmp_path, en='queue: {title: Queue, text: "{n:.0f}"}')
    with pytest.raises(MessageError, match=error):
        messages.render("queue", message, "en")
    with pytest.raises(MessageError, match="nothing has no messages"):
        messages.render("nothing", message, "en")


def test_rule_settings_come_from_the_venue_file_or_the_defaults() -> None:
    rule = registry.rules_by_name()["violence"]
    settings = rule.defaults.model_copy(update={"raise_at": 0.95})
    venue = Venue(name="Test", rules={"violence": settings})
    assert rule.settings(venue) == settings
    assert rule.settings(VENUE) == rule.defaults


def test_evaluator_measures_only_results_of_the_rules_type() -> None:
    rule = replace(registry.rules_by_name()["violence"], name="stampede")
    evaluator = RuleEvaluator([rule], VENUE, registry.message_catalog())
    assert evaluator.observations(CrowdCount(event_id="e", camera="c", time=AT, persons=1, model="m")) == []
    with pytest.raises(MessageError, match="stampede"):
        evaluator.observations(ViolenceScore(event_id="e", camera="c", time=AT, probability=1, model="m"))
