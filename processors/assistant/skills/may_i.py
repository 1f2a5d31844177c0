"""Rules and services: approved answers, or none at all."""

from __future__ import annotations

import re

from processors.assistant.answer import Answer
from processors.assistant.approved_answers import MIN_PROBABILITY, AnswerIndex, FoundAnswer
from processors.assistant.festival import Language
from processors.assistant.lexicon import concepts
from processors.assistant.question import Question
from processors.assistant.text import normalise
from processors.festival.tables import ApprovedAnswer

CERTAIN = 0.85
"""Probability from which an approved answer goes before tables."""


_CONDITION = re.compile(
    r"\b(?:when (?:it|i|we|there|my|someone|a|an)|cuando (?:llueve|hace|hay|se|me|mi|alguien|un|una))\b"
    r"(?!.*\b(?:what time|que hora)\b)"
)
""""When it rains" names a condition and asks for no time."""


class ApprovedAnswers:
    """Approved answers as a skill.

    Args:
        indices: index of each language.
    """

    def __init__(self, indices: dict[Language, AnswerIndex]) -> None:
        self._indices = indices

    def find(self, question: Question) -> FoundAnswer | None:
        """Return the best approved answer, if it is probable enough to be given."""
        index = self._indices[question.language]
        signals = question.signals - {"when"} if _CONDITION.search(question.words) else question.signals
        found = index.find(question.text, question.words.replace("_", " ").strip(), signals)
        return found if found is not None and found.probability >= MIN_PROBABILITY else None

    def answer(self, found: FoundAnswer, question: Question) -> Answer:
        """Return an approved answer as it was approved."""
        return Answer(self._indices[question.language].text(found.answer), (found.answer.id,))

    def about(self, topic: str, language: Language) -> FoundAnswer | None:
        """Return the answer whose question is about a topic of the thesaurus, and about little else."""
        fewest: tuple[int, ApprovedAnswer] | None = None
        for one in self._indices[language].answers:
            topics = concepts().names("concepts", normalise(one.question_es if language == "es" else one.question_en))
            if topic in topics and (fewest is None or len(topics) < fewest[0]):
                fewest = len(topics), one
        return None if fewest is None else FoundAnswer(fewest[1], 1.0)

    def text(self, found: FoundAnswer, language: Language) -> str:
        """Return the text of an approved answer."""
        return self._indices[language].text(found.answer)

    def sentence_with(self, part: str, language: Language) -> str:
        """Return the first approved sentence that has a text, such as an emergency number; empty if none has."""
        index = self._indices[language]
        for one in index.answers:
            for sentence in index.text(one).split(". "):
                if part in sentence:
                    return sentence.rstrip(".") + "."
        return ""


def _normal(text: str) -> str:
    from processors.assistant.text import normalise  # noqa: PLC0415

    return normalise(text)
