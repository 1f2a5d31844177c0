"""Features of the console: what is derived from their list, and a feature from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from msgspec import Struct

from console import registry, server
from console.authentication import CurrentUser, User
from console.channels import Channels
from console.feature import ConsoleFeature, LiveChannel, NavigationEntry, PageExtension, ViewDefinition
from console.services import Services
from stream.runtime.settings import ROOT, Settings
from stream.runtime.venue_file import read_venue

VENUE = read_venue(ROOT / "deploy" / "venues" / "demo.yaml")
SETTINGS = Settings(kafka="127.0.0.1:1", redis="redis://127.0.0.1:1")
router = APIRouter()


@router.get("/queues", response_class=HTMLResponse)
async def queues(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    return services.page(request, "queues/queues.html", user, channel="queues")


class QueuesView:
    """A view whose state is part of two channels."""

    def apply(self, record: Struct, received_at: int) -> set[str]:
        return {"queues"}

    def state(self, channel: str) -> Mapping[str, object]:
        return {"queues": [{"id": "toilets", "persons": 12, "for": channel}]}


@pytest.fixture
def feature(tmp_path: Path) -> ConsoleFeature:
    """A feature in a folder of its own."""
    (tmp_path / "queues.html").write_text(
        "{% extends 'base.html' %}{% block content %}<h1>{{ words.queues }}</h1>{% endblock %}"
    )
    (tmp_path / "plan_queues.js").write_text("// draws queues on the plan")
    (tmp_path / "secret.py").write_text("")
    for language, title in (("en", "Queues"), ("es", "Colas")):
        (tmp_path / f"words.{language}.yaml").write_text(f"queues: {title}\n")
    return ConsoleFeature(
        name="queues",
        folder=tmp_path,
        routers=(router,),
        navigation=lambda user, _venue: [NavigationEntry("/queues", "queues", position=35)],
        channels=(LiveChannel("queues", roles=("security",)),),
        views=(
            ViewDefinition(lambda _context: QueuesView(), "queues"),
            ViewDefinition(lambda _context: QueuesView(), "zones"),
        ),
        extensions=(PageExtension(page="cameras", scripts=("plan_queues.js",), channels=("zones",)),),
    )


async def test_feature_from_elsewhere_gets_page_and_channel(
    feature: ConsoleFeature, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = (*registry.console_features(), feature)
    for module in (registry, server):
        monkeypatch.setattr(module, "console_features", lambda: features)
    app = server.build(SETTINGS, open_demo=True)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", headers={"accept": "text/html", "accept-language": "es"}
    ) as client:
        page = (await client.get("/queues")).text
        assert "<h1>Colas</h1>" in page
        assert '<a href="/queues" aria-current="page">Colas</a>' in page
        assert (await client.get("/api/now/queues")).json()["queues"][0]["persons"] == 12
        zones = (await client.get("/api/now/zones")).json()
        assert zones["queues"][0]["for"] == "zones", "a view adds to the channel of another feature"
        assert zones.keys() >= {"zones", "cameras", "venue"}
        assert "/static/queues/plan_queues.js" in (await client.get("/cameras")).text
        assert "/static/queues/plan_queues.js" not in (await client.get("/music")).text
        assert (await client.get("/static/queues/plan_queues.js")).status_code == 200
        for name in ("secret.py", "queues.html", "words.es.yaml", "", "."):
            assert (await client.get(f"/static/queues/{name}")).status_code == 404, name


def test_channel_is_open_to_its_roles_only() -> None:
    channels = Channels(registry.console_features(), VENUE, [])
    users = {
        "security": User("sara", frozenset({"security"})),
        "bar": User("bea", frozenset({"bar"}), ("north",)),
        "production": User("pau", frozenset({"production"})),
        "support": User("sue", frozenset({"support"})),
    }
    open_to = {
        name: {role for role, user in users.items() if channels.is_open_to(user, name)}
        for name in ("alerts", "verdicts", "zones", "cameras", "bar:north", "bar:south", "support", "music")
    }
    assert open_to == {
        "alerts": set(users), "verdicts": set(users), "zones": {"security", "production"}, "cameras": {"security"},
        "bar:north": {"bar"}, "bar:south": set(), "support": {"support"}, "music": {"production"},
    }  # fmt: skip


def test_view_of_unknown_channel_is_an_error() -> None:
    with pytest.raises(registry.ConsoleFeatureError, match="'moon', which no feature declares"):
        Channels(registry.console_features(), VENUE, [("moon", QueuesView())])


@pytest.mark.parametrize("feature", registry.console_features(), ids=lambda feature: feature.name)
def test_feature_has_the_files_that_it_names(feature: ConsoleFeature) -> None:
    for extension in feature.extensions:
        for name in (*extension.scripts, *extension.styles, *([extension.template] if extension.template else [])):
            assert (feature.folder / name).is_file(), name
    if registry.FOLDER in feature.folder.parents:
        assert feature.folder.name == feature.name
