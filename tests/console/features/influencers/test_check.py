"""The endpoint that checks an account: refusals, and limits of what it takes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from console.authentication import User, require_user_with_csrf
from console.features.influencers import page
from console.features.influencers.page import MAX_ACCOUNTS, Checks

SAMPLE = "followers,following,posts\n" + "500,400,60\n" * 80 + "3,3000,0\n" * 20


@pytest.fixture
def http() -> TestClient:
    parts = {Checks: Checks()}
    app = FastAPI()
    app.state.console = SimpleNamespace(part=parts.__getitem__, language=lambda _request: "es")
    app.dependency_overrides[require_user_with_csrf] = lambda: User("pau", frozenset({"production"}))
    app.include_router(page.router)
    return TestClient(app)


def test_findings_come_in_the_language_of_the_page(http: TestClient) -> None:
    report = http.post("/api/influencers", files={"sample": ("a.csv", SAMPLE)}).json()
    assert abs(report["share"] - 0.2) < 0.05
    assert report["low"] <= report["share"] <= report["high"]
    assert "parecen falsos" in report["text"][0]


@pytest.mark.parametrize(
    ("files", "data", "reason"),
    [
        ({}, {}, "a sample of followers is needed"),
        ({"sample": ("a.csv", "")}, {}, "a sample of followers is needed"),
        ({"sample": ("a.csv", "followers,posts\n1,2\n")}, {}, "no column of following"),
        ({"sample": ("a.csv", SAMPLE + "1,-2,3\n")}, {}, "a.csv, line 102: following -2 is negative"),
        ({"sample": ("../../etc/a.csv", "posts\n1\n")}, {}, "a.csv: no column"),
        ({"sample": ("a.csv", b"\x00\x01\n")}, {}, "zero byte"),
        ({"sample": ("a.csv", SAMPLE), "posts": ("p.csv", "time,likes,comments\n")}, {}, "posts need the number"),
        (
            {"sample": ("a.csv", SAMPLE), "posts": ("p.csv", "time,likes,comments\nyesterday,1,1\n")},
            {"followers": "300"},
            "p.csv, line 2: time 'yesterday' is not an ISO 8601 time",
        ),
        ({"sample": ("a.csv", SAMPLE)}, {"followers": "many"}, "followers must be a number"),
        ({"sample": ("a.csv", SAMPLE)}, {"followers": "nan"}, "followers must be a number"),
        ({"sample": ("a.csv", "followers,following,posts\n" + "1,1,1\n" * (MAX_ACCOUNTS + 2))}, {}, "at random 5000"),
    ],
)
def test_what_can_not_be_used_is_refused(http: TestClient, files: dict, data: dict, reason: str) -> None:  # type: ignore[type-arg]
    answer = http.post("/api/influencers", files=files, data=data)
    assert answer.status_code == 422
    assert reason in answer.json()["detail"]
