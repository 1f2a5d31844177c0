"""Scripts in the venue file: pages show them as text. Without a browser, whose event loop async tests can't share."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import yaml

from console.server import build
from stream.runtime.settings import Settings
from tests.console.test_stored_scripts import ATTRIBUTE, IMAGE, PAYLOAD

pytestmark = pytest.mark.stack


async def test_script_in_venue_names_is_shown_as_text(tmp_path: Path, redis_url: str) -> None:
    """Check the names of places on every page that needs no results, as the server renders it."""
    venue = tmp_path / "venue.yaml"
    venue_content = {
        "name": PAYLOAD, "zones": [{"id": "front", "title": PAYLOAD, "area_m2": 1, "capacity": 1}],
        "bars": [{"id": "north", "products": [{"id": "beer", "title": PAYLOAD}]}], "stages": [{"id": "main"}],
    }  # fmt: skip
    venue.write_text(yaml.safe_dump(venue_content), encoding="utf-8")
    app = build(Settings(kafka="127.0.0.1:1", redis=redis_url, venue=venue, data=tmp_path), open_demo=True)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", headers={"accept": "text/html"}
    ) as client:
        for path in ("/", "/bar/north", "/support", "/music", "/history?q=" + ATTRIBUTE, "/faq", "/no-such-page"):
            text = (await client.get(path)).text
            assert "window.hit" in text or path == "/no-such-page", path
            assert IMAGE not in text, path
            assert "<script>window" not in text, path
            assert '" onmouseover' not in text, path
