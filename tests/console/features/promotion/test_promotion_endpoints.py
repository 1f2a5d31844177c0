"""Variants shown to a phone, and its response: one a day, counted once, and nothing that names a person."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from msgspec.structs import replace

from console.authentication import User, require_user_with_csrf
from console.features.promotion import actions, show
from console.features.promotion.actions import converted
from console.features.promotion.show import PromotionLimit
from console.features.promotion.view import PromotionView
from console.pseudonyms import pseudonym
from schemas.programme import PROGRAMME
from schemas.promotion import CampaignState, MessageVariant, PromotionAction, PromotionEvent, VariantCount
from schemas.venue import venue_type
from stream.stores.promotion_store import PromotionStore, StoredChoice

AT = datetime(2026, 7, 4, 20, tzinfo=UTC)
TOKEN = "a-token-of-one-phone-only"
VENUE = venue_type([PROGRAMME]).model_validate({
    "name": "Test",
    "programme": {"acts": [{"id": "faro", "name": "Faro", "genres": ["rock"]}]},
})  # fmt: skip


def variant(name: str, status: str = "approved", **more: Any) -> MessageVariant:
    return MessageVariant(id=name, es=f"Hola {name}", en=f"Hello {name}", made_at=AT, status=status, **more)  # type: ignore[arg-type]


CAMPAIGN = CampaignState(
    event_id="e1", campaign="summer", time=AT, title="Summer", begun_by="pau", begun_at=AT,
    variants=(variant("a"), variant("b"), variant("c", "proposed")),
    counts=(
        VariantCount(variant="a", taste="rock", shown=100, responses=40),
        VariantCount(variant="b", taste="rock", shown=100, responses=2),
    ),
)  # fmt: skip


class MemoryStore(PromotionStore):
    """Pictures and choices in memory."""

    def __init__(self) -> None:
        self.choices: dict[str, StoredChoice] = {}
        self.pictures = {"0" * 64: b"picture"}

    async def picture(self, name: str) -> bytes | None:
        return self.pictures.get(name)

    async def put_picture(self, body: bytes) -> str:
        self.pictures["1" * 64] = body
        return "1" * 64

    async def keep_first(self, showing: str, choice: StoredChoice) -> StoredChoice:
        return self.choices.setdefault(showing, choice)

    async def choice(self, showing: str) -> StoredChoice | None:
        return self.choices.get(showing)


class FixedLimit(PromotionLimit):
    def __init__(self) -> None:
        self.wait = 0

    async def wait_seconds(self, person: str, origin: str) -> int:
        return self.wait


class Console:
    """The endpoints with what they write."""

    def __init__(self) -> None:
        self.view, self.store, self.limit = PromotionView(), MemoryStore(), FixedLimit()
        self.events: list[PromotionEvent | PromotionAction] = []
        self.ids: list[str] = []
        self.view.apply(CAMPAIGN, 0)
        app = FastAPI()
        parts = {PromotionView: self.view, PromotionStore: self.store, PromotionLimit: self.limit}
        redis = SimpleNamespace(xadd=self._audit)
        self.audit: list[dict[str, str]] = []
        app.state.console = SimpleNamespace(writer=self, part=parts.__getitem__, venue=VENUE, redis=redis)
        app.dependency_overrides[require_user_with_csrf] = lambda: User("pau", frozenset({"production"}))
        app.include_router(show.router)
        app.include_router(actions.router)
        self.http = TestClient(app)

    async def send(self, topic: object, *, record: Any, id: str, **_: object) -> None:
        self.events.append(record)
        self.ids.append(id)

    async def _audit(self, _name: str, fields: dict[str, str], **_: object) -> None:
        self.audit.append(fields)

    def ask(self, **body: Any) -> Any:
        return self.http.post("/api/promotion", json=body)


@pytest.fixture
def console() -> Console:
    return Console()


def test_phone_sees_one_variant_a_day_and_nothing_names_it(console: Console) -> None:
    first = console.ask(token=TOKEN, genres=["polka", "rock"]).json()
    assert first["text"]["es"] == f"Hola {first['variant']}"
    console.view.apply(replace(CAMPAIGN, counts=()), 0)
    assert console.ask(token=TOKEN, genres=[]).json() == first, "it stays, whatever is known by now"
    assert len(set(console.ids)) == 1
    (event,) = {one.showing: one for one in console.events if isinstance(one, PromotionEvent)}.values()
    assert (event.taste, event.variants) == ("rock", 2)
    written = repr(console.events) + repr(console.store.choices)
    assert TOKEN not in written
    assert pseudonym(TOKEN) not in written


def test_taste_decides_and_the_propensity_is_written(console: Console) -> None:
    for number in range(200):
        assert console.ask(token=f"token-of-phone-{number:04}", genres=["rock"]).status_code == 200
    events = [one for one in console.events if isinstance(one, PromotionEvent)]
    drawn = Counter(one.variant for one in events)
    assert drawn["a"] > 170
    assert drawn["c"] == 0, "nobody approved it"
    assert {round(one.propensity, 3) for one in events} == {0.95, 0.05}


def test_response_counts_for_the_own_showing_only(console: Console) -> None:
    showing = console.ask(token=TOKEN).json()["showing"]
    other = {"token": "token-of-another-phone", "showing": showing}
    assert console.http.post("/api/promotion/response", json=other).status_code == 404
    for _ in range(2):
        own = console.http.post("/api/promotion/response", json={"token": TOKEN, "showing": showing})
        assert own.status_code == 204
    assert console.ids[1:] == [f"{showing}/response"] * 2, "the worker counts one of them"
    shown, response = console.events[:2]
    assert isinstance(shown, PromotionEvent)
    assert isinstance(response, PromotionEvent)
    assert replace(shown, kind="response", time=response.time) == response


def test_nothing_is_shown_without_approved_variants_or_after_the_end(console: Console) -> None:
    assert console.ask(campaign="winter").status_code == 204
    showing = console.ask(token=TOKEN).json()
    withdrawn = tuple(replace(one, status="withdrawn") for one in CAMPAIGN.variants if one.id == showing["variant"])
    rest = tuple(one for one in CAMPAIGN.variants if one.id != showing["variant"])
    console.view.apply(replace(CAMPAIGN, variants=withdrawn + rest), 0)
    assert console.ask(token=TOKEN).status_code == 204
    console.view.apply(replace(CAMPAIGN, ended_at=AT), 0)
    assert console.ask().status_code == 204


@pytest.mark.parametrize(
    "body",
    [{"age": 20}, {"sex": "f"}, {"origin": "x"}, {"token": "short"}, {"genres": ["g"] * 31}, {"genres": [""]}],
)
def test_what_is_not_declared_taste_is_refused(console: Console, body: dict[str, object]) -> None:
    assert console.ask(**body).status_code == 422
    assert console.events == []


def test_too_many_requests_are_refused(console: Console) -> None:
    console.limit.wait = 7
    assert console.ask().headers["retry-after"] == "7"
    assert console.http.post("/api/promotion/response", json={"token": TOKEN, "showing": "0" * 32}).status_code == 429


def act(console: Console, kind: str, **more: Any) -> Any:
    body = {"id": "id-of-the-request", "kind": kind, "campaign": "summer", **more}
    return console.http.post("/api/promotion/actions", json=body)


def test_production_begins_adds_and_approves_and_each_is_in_the_audit(console: Console) -> None:
    begun = console.http.post("/api/promotion/actions", json={"id": "a-new-campaign", "kind": "begin", "title": "New"})
    assert begun.json() == {"campaign": "a-new-campaign"}
    text = {"es": "Hola", "en": "Hello", "picture": "0" * 64, "picture_es": "Un faro", "picture_en": "A lighthouse"}
    assert act(console, "add", variant=text).status_code == 202
    assert act(console, "approve", variant_id="c").status_code == 202
    assert [one["what"] for one in console.audit] == ["promotion-begin", "promotion-add", "promotion-approve"]
    assert console.audit[1]["detail"] == "id-of-the-request: Hola | Hello"
    sent = [one for one in console.events if isinstance(one, PromotionAction)]
    assert [(one.kind, one.by) for one in sent] == [("begin", "pau"), ("add", "pau"), ("approve", "pau")]
    assert sent[1].variant is not None
    assert (sent[1].variant.made_by, sent[1].variant.status) == ("pau", "proposed")


@pytest.mark.parametrize(
    ("kind", "more", "status"),
    [
        ("approve", {"variant_id": "z"}, 409),
        ("begin", {}, 409),
        ("add", {}, 409),
        ("add", {"variant": {"es": "Hola", "en": "Hello", "picture": "0" * 64}}, 409),
        ("add", {"variant": {"es": "H", "en": "H", "picture": "2" * 64, "picture_es": "x", "picture_en": "x"}}, 422),
        ("add", {"variant": {"es": "", "en": "Hello"}}, 422),
        ("end", {"campaign": "winter"}, 409),
        ("end", {"campaign": "a#b"}, 422),
        ("end", {"campaign": None}, 422),
    ],
)
def test_actions_that_do_not_fit_are_refused(console: Console, kind: str, more: dict[str, Any], status: int) -> None:
    assert act(console, kind, **more).status_code == status
    assert (console.events, console.audit) == ([], [])


def test_picture_is_kept_small_and_other_files_are_refused(console: Console) -> None:
    _, jpeg = cv2.imencode(".jpg", np.full((900, 2400, 3), 90, np.uint8))
    answer = console.http.post("/api/promotion/pictures", content=jpeg.tobytes())
    kept = cv2.imdecode(np.frombuffer(console.store.pictures[answer.json()["picture"]], np.uint8), cv2.IMREAD_COLOR)
    assert kept is not None
    assert kept.shape == (450, 1200, 3)
    for body in (b"", b"<svg onload=alert(1)>", b"\xff\xd8\xffnot a picture", b"GIF89a"):
        assert converted(body) is None
        assert console.http.post("/api/promotion/pictures", content=body).status_code == 422
    assert console.http.post("/api/promotion/pictures", content=b"\xff" * (4 * 2**20 + 1)).status_code == 413
    assert console.http.get("/promotion/picture/" + "0" * 64).content == b"picture"
    assert console.http.get("/promotion/picture/x").status_code == 404
