"""Features of the console: derived channels and files, and a feature of another package."""

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


@router.get("/parking", response_class=HTMLResponse)
async def parking(request: Request, user: CurrentUser, services: Services) -> HTMLResponse:
    return services.page(request, "parking/parking.html", user, channel="parking")


class QueuesView:
    """A view whose state is part of two channels."""

    def apply(self, record: Struct, received_at: int) -> set[str]:
        return {"parking"}

    def state(self, channel: str) -> Mapping[str, object]:
        return {"parking": [{"id": "toilets", "persons": 12, "for": channel}]}


@pytest.fixture
def feature(tmp_path: Path) -> ConsoleFeature:
    """A feature in a folder of its own."""
    (tmp_path / "parking.html").write_text(
        "{% extends 'base.html' %}{% block content %}<h1>{{ words.parking }}</h1>{% endblock %}"
    )
    (tmp_path / "plan_parking.js").write_text("// draws parking on the plan")
    (tmp_path / "secret.py").write_text("")
    for language, title in (("en", "Parking"), ("es", "Colas")):
        (tmp_path / f"words.{language}.yaml").write_text(f"parking: {title}\n")
    return ConsoleFeature(
        name="parking",
        folder=tmp_path,
        routers=(router,),
        navigation=lambda user, _venue: [NavigationEntry("/parking", "parking", position=35)],
        channels=(LiveChannel("parking", roles=("security",)),),
        views=(
            ViewDefinition(lambda _context: QueuesView(), "parking"),
            ViewDefinition(lambda _context: QueuesView(), "zones"),
        ),
        extensions=(PageExtension(page="cameras", scripts=("plan_parking.js",), channels=("zones",)),),
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
        page = (await client.get("/parking")).text
        assert "<h1>Colas</h1>" in page
        assert '<a href="/parking" aria-current="page">Colas</a>' in page
        assert (await client.get("/api/now/parking")).json()["parking"][0]["persons"] == 12
        zones = (await client.get("/api/now/zones")).json()
        assert zones["parking"][0]["for"] == "zones", "a view adds to the channel of another feature"
        assert zones.keys() >= {"zones", "cameras", "venue"}
        assert "/static/parking/plan_parking.js" in (await client.get("/cameras")).text
        assert "/static/parking/plan_parking.js" not in (await client.get("/music")).text
        assert (await client.get("/static/parking/plan_parking.js")).status_code == 200
        for name in ("secret.py", "parking.html", "words.es.yaml", "", "."):
            assert (await client.get(f"/static/parking/{name}")).status_code == 404, name


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
