"""Topics by example in either language; the sentence with the question decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from processors.support.evaluation import evaluate
from processors.support.requests import RequestAnalysis, RequestClassifier
from processors.support.topics import TopicClassifier, TopicsFileError, read_topics, topic_examples

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "deploy" / "support" / "topics.yaml"


@pytest.fixture(scope="module")
def topics(requests: RequestClassifier) -> TopicClassifier:
    return TopicClassifier(topic_examples(read_topics(SHIPPED)), requests)


def empty_analysis(requests: RequestClassifier) -> RequestAnalysis:
    return requests.analyze([])


def test_held_out_mails_meet_topic_accuracy(requests: RequestClassifier, tmp_path: Path) -> None:
    """Evaluate four examples per topic on the held-out half of the mails."""
    lines = (Path(__file__).parent / "festival_mails.jsonl").read_text(encoding="utf-8").splitlines()
    half, four = tmp_path / "half.jsonl", tmp_path / "four.yaml"
    half.write_text("\n".join(line for line in lines if json.loads(line)["part"] == "report"), encoding="utf-8")
    four.write_text(
        yaml.safe_dump({name: texts[:4] for name, texts in topic_examples(read_topics(SHIPPED)).items()}),
        encoding="utf-8",
    )
    report = evaluate(half, topics=four, requests=requests)
    assert report["per_language"]["en"]["topic_accuracy"] >= 0.75
    assert report["per_language"]["es"]["topic_accuracy"] >= 0.70
    assert report["topic_macro_f1"] >= 0.70


def test_topic_of_a_long_mail_is_that_of_its_question(topics: TopicClassifier, requests: RequestClassifier) -> None:
    sentences = [
        "Hola, somos seis amigos de toda la vida y venimos desde Huelva.",
        "El año pasado lo pasamos de maravilla y este año repetimos.",
        "¿Dónde podemos aparcar los dos coches?",
        "Muchas gracias y enhorabuena.",
    ]
    topics_found = topics.classify(requests.analyze([" ".join(sentences)]), requests.analyze(sentences))
    assert topics_found[0].name == "travel and parking"
    assert topics.topic_sentence("travel and parking", requests.analyze(sentences)) == 2


def test_two_questions_give_two_topics(topics: TopicClassifier, requests: RequestClassifier) -> None:
    sentences = ["How do I get my money back for the cancelled day?", "And is there vegan food on site?"]
    topics_found = topics.classify(requests.analyze([" ".join(sentences)]), requests.analyze(sentences))
    assert {topic.name for topic in topics_found} == {"refund", "food and drink"}


def test_mail_unlike_all_examples_has_no_topic(requests: RequestClassifier) -> None:
    classifier = TopicClassifier({"parking": ["Where can I park?"], "refund": ["I want my money back"]}, requests)
    for text in ("¿Cuándo tocan los grupos del sábado?", "My phone fell out of my pocket, has anyone found it?"):
        assert classifier.classify(requests.analyze([text]), empty_analysis(requests)) == []
        assert TopicClassifier({}, requests).classify(requests.analyze([text]), empty_analysis(requests)) == []


def test_topic_correction_applies_at_once(topics: TopicClassifier, requests: RequestClassifier) -> None:
    text, similar_text = "¿Cuándo actúa la tuna universitaria?", "Queríamos ver a la tuna de la universidad"
    before = topics.classify(requests.analyze([similar_text]), empty_analysis(requests))
    assert not before or before[0].name != "student choirs"
    taught = topics.with_examples([("student choirs", text)])
    assert taught.classify(requests.analyze([similar_text]), empty_analysis(requests))[0].name == "student choirs"
    parking = requests.analyze(["Where can I park?"])
    assert taught.classify(parking, empty_analysis(requests))[0].name == "travel and parking"
    assert "student choirs" not in topics.names


@pytest.mark.parametrize(
    "content",
    [
        "",
        "- a",
        "parking: where",
        "parking: []",
        "parking: [1]",
        "a: [b",
        "a: {names: {es: b}}",
        "a: {examples: [b], name: c}",
        '"": [b]',
        f"{'a' * 101}: [b]",
    ],
)
def test_invalid_topics_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "topics.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TopicsFileError, match=r"topics\.yaml"):
        read_topics(path)


def test_broad_topic_does_not_take_the_mails_of_its_neighbours(requests: RequestClassifier) -> None:
    examples = {
        "refund": ["I want my money back", "My wristband credit, please pay it back", "Refund my parking", "Money"],
        "wristband": ["There is no credit on my wristband"],
        "parking": ["Where is the car park?"],
    }
    classifier = TopicClassifier(examples, requests)
    divisors = dict(zip(classifier.names, classifier._breadths.tolist(), strict=True))
    assert divisors["refund"] > 1 > divisors["parking"]
    assert min(divisors.values()) >= 0.5


def test_mail_that_may_be_of_either_topic_names_both(requests: RequestClassifier) -> None:
    classifier = TopicClassifier({"a": ["Where can I park?"], "b": ["Where can I park the van?"]}, requests)
    found = classifier.classify(requests.analyze(["Where can I park my van or car?"]), empty_analysis(requests))
    assert {topic.name for topic in found} == {"a", "b"}
    assert found[0].confidence >= found[1].confidence >= 0.2
