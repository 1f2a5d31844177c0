"""The public endpoints of the assistant, with a writer that answers at once instead of Kafka and a worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from console.features.assistant import alexa, ask
from console.features.assistant.limit import AskLimit
from console.features.assistant.view import AnswerView
from schemas.assistant import AnswerRating, AssistantAnswer, AttendeeQuestion
from schemas.ids import EventId


class AnsweringWriter:
    """Keeps what is written, and answers each question through the view."""

    def __init__(self, view: AnswerView) -> None:
        self.view = view
        self.records: list[AttendeeQuestion | AnswerRating] = []

    async def send(self, topic: object, *, record: Any, id: str, **_: object) -> None:
        self.records.append(record)
        if isinstance(record, AttendeeQuestion):
            answer = AssistantAnswer(
                event_id=EventId(id), conversation=record.conversation, time=record.time, language="en",
                text=f"about {record.text}", skill="acts",
            )  # fmt: skip
            self.view.apply(answer, 0)


class NoLimit(AskLimit):
    def __init__(self, wait: int = 0) -> None:
        self.wait = wait

    async def wait_seconds(self, conversation: str, origin: str) -> int:
        return self.wait


def client(*, wait: int = 0, skill: str | None = "amzn1.skill") -> tuple[TestClient, AnsweringWriter]:
    view = AnswerView()
    writer = AnsweringWriter(view)
    parts = {AnswerView: view, AskLimit: NoLimit(wait)}
    app = FastAPI()
    app.state.console = SimpleNamespace(
        writer=writer, part=parts.__getitem__, now=lambda: datetime.now(UTC),
        settings=SimpleNamespace(alexa_skill=skill, alexa_proxy_token=SecretStr("checked")),
    )  # fmt: skip
    app.include_router(ask.router)
    app.include_router(alexa.router)
    return TestClient(app), writer


def test_first_answer_says_that_a_machine_answers() -> None:
    http, _ = client()
    first = http.post("/api/ask", json={"question": "When?"}).json()
    assert first["answer"] == "about When?"
    assert "not a person" in first["notice"]
    assert http.post("/api/ask", json={"question": "And?", "earlier": ["When?"]}).json()["notice"] == ""


def test_question_brings_the_earlier_ones_along() -> None:
    http, writer = client()
    http.post("/api/ask", json={"question": "x", "earlier": [str(number) for number in range(20)]})
    (question,) = writer.records
    assert isinstance(question, AttendeeQuestion)
    assert question.earlier == tuple(str(number) for number in range(12, 20))


@pytest.mark.parametrize("body", [{}, {"question": ""}, {"question": "x" * 1001}, {"question": "x", "admin": True}])
def test_invalid_question_is_refused(body: dict[str, object]) -> None:
    http, writer = client()
    assert http.post("/api/ask", json=body).status_code == 422
    assert writer.records == []


def test_too_many_questions_are_refused() -> None:
    http, writer = client(wait=30)
    answer = http.post("/api/ask", json={"question": "x"})
    assert (answer.status_code, answer.headers["retry-after"], writer.records) == (429, "30", [])


def alexa_body(skill: str = "amzn1.skill", age: float = 0) -> dict[str, object]:
    return {
        "session": {"application": {"applicationId": skill}, "sessionId": "s", "attributes": {"earlier": ["When?"]}},
        "request": {
            "type": "IntentRequest", "locale": "en-GB",
            "timestamp": (datetime.now(UTC) - timedelta(seconds=age)).isoformat(),
            "intent": {"name": "Ask", "slots": {"question": {"value": "and where"}}},
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("skill", "asked", "age", "token", "status"),
    [
        ("amzn1.skill", "amzn1.skill", 0, "checked", 200),
        (None, "amzn1.skill", 0, "checked", 404),
        ("amzn1.skill", "another", 0, "checked", 403),
        ("amzn1.skill", "amzn1.skill", 0, "", 403),
        ("amzn1.skill", "amzn1.skill", 200, "checked", 400),
    ],
)
def test_alexa_requests_are_checked(skill: str | None, asked: str, age: float, token: str, status: int) -> None:
    http, _ = client(skill=skill)
    # Made here, not as a parameter: the request must be fresh when the test runs.
    answer = http.post("/api/alexa", json=alexa_body(asked, age), headers={"X-Alexa-Verified": token})
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["response"]["outputSpeech"]["text"] == "about and where"
        assert answer.json()["sessionAttributes"]["earlier"] == ["When?", "and where"]


def test_alexa_request_of_another_form_is_refused() -> None:
    http, _ = client()
    assert http.post("/api/alexa", json={"session": 1}, headers={"X-Alexa-Verified": "checked"}).status_code == 422
