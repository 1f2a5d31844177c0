"""Authentication, roles, and protection against other sites: requests to a real console, without a browser."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis as AsyncRedis
from typer.testing import CliRunner

from stream.commands.cli import app
from stream.stores.accounts import AccountError, AccountStore
from stream.stores.audit import AUDIT
from tests.console.conftest import PASSWORD, ConsoleStack, api_client, wait_until

pytestmark = pytest.mark.stack

HTML = {"accept": "text/html"}


def run_on_account_store(console_stack: ConsoleStack, work: Any) -> Any:
    async def run() -> Any:
        redis = AsyncRedis.from_url(console_stack.stack.settings.redis_url())
        try:
            return await work(AccountStore(redis))
        finally:
            await redis.aclose()

    return asyncio.run(run())


def audit_entries(console_stack: ConsoleStack, what: str) -> list[dict[bytes, bytes]]:
    entries: Any = console_stack.redis.xrange(AUDIT)
    return [fields for _, fields in entries if fields[b"what"] == what.encode()]


def test_requests_without_login_are_refused(console_stack: ConsoleStack) -> None:
    with httpx.Client(base_url=console_stack.url) as client:
        for path in ("/", "/support", "/music", "/bar/north", "/history", "/cameras"):
            response = client.get(path, headers=HTML)
            assert response.status_code == 303, path
            assert response.headers["location"].startswith("/login"), path
        for path in ("/live?channels=alerts", "/api/now/zones", "/api/steps?alert=x", "/evidence/x", "/api/visitor"):
            assert client.get(path).status_code == 401, path
        for path in ("/api/alerts/act", "/api/bar/north/stock", "/api/support/answers"):
            assert client.post(path, json={}).status_code == 401, path
        assert client.get("/camera/front-left").status_code in (303, 401)
        assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 404


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("sara", {"/", "/history", "/cameras", "/api/now/zones"}),
        ("bea", {"/", "/history", "/bar/north", "/api/now/bar:north"}),
        ("sue", {"/", "/history", "/support", "/api/now/support"}),
        ("pau", {"/", "/history", "/music", "/api/now/zones", "/api/now/music"}),
    ],
)
def test_role_opens_only_its_own_pages(console_stack: ConsoleStack, name: str, allowed: set[str]) -> None:
    pages = {"/", "/history", "/bar/north", "/bar/south", "/support", "/music", "/cameras"}
    states = {"/api/now/zones", "/api/now/bar:north", "/api/now/bar:south", "/api/now/support", "/api/now/music"}
    with api_client(console_stack, name) as (client, _):
        assert {path for path in pages | states if client.get(path, headers=HTML).status_code == 200} == allowed
        assert client.get("/live", params={"channels": "bar:south"}).status_code == 403
        forbidden = [kind for kind in ("zones", "cameras", "support", "music") if not can_subscribe(client, kind)]
        assert len(forbidden) >= 2, "only an admin may subscribe to all channels"


def can_subscribe(client: httpx.Client, channel: str) -> bool:
    with client.stream("GET", "/live", params={"channels": channel}) as response:
        return response.status_code == 200


def test_admin_opens_every_page(console_stack: ConsoleStack) -> None:
    pages = ("/", "/history", "/bar/north", "/bar/south", "/support", "/music", "/cameras", "/faq")
    with api_client(console_stack, "ada") as (client, _):
        assert {path: client.get(path, headers=HTML).status_code for path in pages} == dict.fromkeys(pages, 200)
        assert all(can_subscribe(client, channel) for channel in ("zones", "cameras", "support", "music", "bar:south"))


def test_alert_of_another_bar_is_hidden_and_refused(console_stack: ConsoleStack) -> None:
    own_alert = console_stack.raise_alert("stock-out", "north/gin-tonic", 0.9, "norte", "north")
    other_alert = console_stack.raise_alert("stock-out", "south/gin-tonic", 0.9, "sur", "south")
    with api_client(console_stack, "bea") as (client, csrf):
        text = client.get("/", headers=HTML).text
        assert own_alert.id in text
        assert other_alert.id not in text
        assert client.get("/api/steps", params={"alert": other_alert.id}).json() == []
        action = {"id": uuid.uuid4().hex, "key": other_alert.key, "alert": other_alert.id, "action": "resolve"}
        assert client.post("/api/alerts/act", json=action, headers={"X-Pulso-CSRF": csrf}).status_code == 403


def test_change_without_csrf_token_is_refused(console_stack: ConsoleStack) -> None:
    alert = console_stack.raise_alert("violence", "gate-east", 0.9, "pelea", "fight")
    action = {"id": uuid.uuid4().hex, "key": alert.key, "alert": alert.id, "action": "acknowledge"}
    with api_client(console_stack, "sara") as (client, csrf):
        csrf_headers = {"X-Pulso-CSRF": csrf}
        assert client.post("/api/alerts/act", json=action).status_code == 403
        assert client.post("/api/alerts/act", json=action, headers={"X-Pulso-CSRF": "x" * 43}).status_code == 403
        foreign_origin = csrf_headers | {"Origin": "https://evil.example"}
        assert client.post("/api/alerts/act", json=action, headers=foreign_origin).status_code == 403
        assert client.post(
            "/api/alerts/act", json=action, headers=csrf_headers | {"Sec-Fetch-Site": "cross-site"}
        ).is_error
        assert client.post("/logout", data={"csrf": "wrong"}).status_code == 403
        assert (
            client.post("/api/alerts/act", json=action | {"action": "explode"}, headers=csrf_headers).status_code == 422
        )
        assert (
            client.post("/api/alerts/act", json=action | {"alert": "an older one"}, headers=csrf_headers).status_code
            == 409
        )
        for _ in range(3):  # a browser without a response sends it again
            assert client.post("/api/alerts/act", json=action, headers=csrf_headers).status_code == 202
        wait_until(lambda: (one := console_stack.open_alert(alert.key)) and one.acknowledged_by == "sara")
        console_stack.send_observation("violence", "another", 0.95, "", "")
        wait_until(lambda: console_stack.open_alert("violence/another"))
        assert console_stack.open_alert(alert.key).version == 2, "done once"
    assert any(fields[b"subject"] == alert.key.encode() for fields in audit_entries(console_stack, "alert-acknowledge"))


def test_login_after_five_wrong_passwords_must_wait(console_stack: ConsoleStack) -> None:
    run_on_account_store(console_stack, lambda store: store.add("tries", PASSWORD, ["security"]))
    with httpx.Client(base_url=console_stack.url) as client:
        for _ in range(5):
            assert client.post("/login", data={"name": "tries", "password": "wrong"}).status_code == 401
        refused = client.post("/login", data={"name": "tries", "password": PASSWORD})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
    assert len([one for one in audit_entries(console_stack, "login-failed") if one[b"who"] == b"tries"]) == 5


def test_whole_shift_can_log_in_from_one_address(console_stack: ConsoleStack) -> None:
    with httpx.Client(base_url=console_stack.url) as client:
        for _ in range(35):
            assert client.post("/login", data={"name": "sara", "password": PASSWORD}).status_code == 303


def test_session_ends_with_logout_removal_or_new_password(console_stack: ConsoleStack) -> None:
    run_on_account_store(console_stack, lambda store: store.add("guest", PASSWORD, ["support"]))
    end_session_actions = [
        lambda client, csrf: client.post("/logout", data={"csrf": csrf}),
        lambda *_: run_on_account_store(console_stack, lambda store: store.add("guest", PASSWORD, ["support"])),
        lambda *_: run_on_account_store(console_stack, lambda store: store.remove("guest")),
    ]
    for end in end_session_actions:
        with api_client(console_stack, "guest") as (client, csrf):
            cookie = client.cookies["pulso_session"]
            assert client.get("/api/visitor").status_code == 200
            end(client, csrf)
            client.cookies.set("pulso_session", cookie)
            assert client.get("/api/visitor").status_code == 401
    assert not [key for key in console_stack.redis.keys("pulso:session:*") if cookie.encode() in key], "only a digest"


def test_program_with_token_is_authenticated(console_stack: ConsoleStack) -> None:
    token = run_on_account_store(console_stack, lambda store: store.add_token("panel", ["production"]))
    with httpx.Client(base_url=console_stack.url, headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.get("/api/now/music").status_code == 200
        assert client.get("/api/now/support").status_code == 403
        run_on_account_store(console_stack, lambda store: store.remove("panel"))
        assert client.get("/api/now/music").status_code == 401


async def test_invalid_account_is_refused(console_stack: ConsoleStack) -> None:
    store = AccountStore(AsyncRedis.from_url(console_stack.stack.settings.redis_url()))
    for name, password, roles in (
        ("short", "too short", ["security"]),
        ("longer", "longer and longer", ["security"]),
        ("Ana", PASSWORD, ["security"]),
        ("ana", PASSWORD, ["king"]),
        ("ana", PASSWORD, []),
    ):
        with pytest.raises(AccountError):
            await store.add(name, password, roles)
    assert await store.get("ana") is None


def test_accounts_are_managed_from_the_terminal(console_stack: ConsoleStack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in console_stack.stack.endpoints.items():
        monkeypatch.setenv(f"PULSO_{name.upper()}", value)
    runner = CliRunner(env={"COLUMNS": "200"})
    added = runner.invoke(app, ["users", "add", "tina", "--role", "bar", "--bar", "south"], input=f"{PASSWORD}\n" * 2)
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    with api_client(console_stack, "tina") as (client, _):
        assert client.get("/bar/south", headers=HTML).status_code == 200
    assert runner.invoke(app, ["users", "add", "tina", "--role", "bar", "--bar", "moon"]).exit_code == 2
    assert "south" in runner.invoke(app, ["users", "list"]).output
    assert runner.invoke(app, ["users", "remove", "tina"]).exit_code == 0
    assert runner.invoke(app, ["users", "remove", "tina"]).exit_code == 2
    assert "account-added" in runner.invoke(app, ["users", "audit"]).output


def test_evidence_is_for_security_and_each_view_is_audited(console_stack: ConsoleStack) -> None:
    picture = b"\xff\xd8\xff not really a picture"
    for name, kind in (("front/1", "image/jpeg"), ("page", "text/html")):
        console_stack.redis.hset(f"pulso:evidence:{name}", mapping={"content_type": kind, "body": picture})
    with api_client(console_stack, "sara") as (client, _):
        for _ in range(2):
            response = client.get("/evidence/front/1")
            assert (response.status_code, response.content) == (200, picture)
            assert response.headers["content-type"] == "image/jpeg"
        assert client.get("/evidence/page").status_code == 404, "only pictures"
    with api_client(console_stack, "sue") as (client, _):
        assert client.get("/evidence/front/1").status_code == 403
    views = [one for one in audit_entries(console_stack, "evidence-seen") if one[b"subject"] == b"front/1"]
    assert [one[b"who"] for one in views] == [b"sara"]


def test_headers_forbid_content_of_other_sites(console_stack: ConsoleStack) -> None:
    with api_client(console_stack, "ada") as (client, _):
        for path in ("/", "/static/page.js", "/no-such-page", "/login"):
            headers = client.get(path, headers=HTML).headers
            policy = headers["content-security-policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            assert "http" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
