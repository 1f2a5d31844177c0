"""What has been: every step of every alert that a visitor may see, with search; and the pictures that show why."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from redis.exceptions import RedisError

from console.alert_feed import order
from console.alert_steps import newest_first
from console.authentication import Visitor, asking, need
from console.services import House, house
from processors.cameras.picture import PictureError
from processors.violence.evidence import CONTENT_TYPE, still_of
from schemas.alerts import Alert, AlertLabel, Verdict
from stream.stores import audit

router = APIRouter()
Parts = Annotated[House, Depends(house)]

SHOWN = 200
"""alerts a page"""
EVIDENCE = "pulso:evidence:{id}"
"""hash with fields `content_type` and `body`, with an EXPIRE"""
PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif"}
SEEN = "pulso:evidence-seen:{who}:{id}"
SEEN_SECONDS = 3600


@dataclass(slots=True)
class Life:
    """One alert with its steps, the newest first."""

    steps: list[Alert] = field(default_factory=list)
    told: tuple[int, int] = (0, 0)
    """when the newest of them came, by Redis"""

    label: AlertLabel | None = None
    """the last verdict, which may have come when the alert itself was no longer remembered"""

    @property
    def last(self) -> Alert:
        """How it stands."""
        return self.steps[0]

    @property
    def verdict(self) -> Verdict | None:
        """What a person said of it last."""
        return self.label.verdict if self.label else self.last.verdict


@router.get("/history", response_class=HTMLResponse)
async def history(
    request: Request,
    visitor: Annotated[Visitor, Depends(asking)],
    parts: Parts,
    q: str = "",
    rule: str = "",
    verdict: str = "",
) -> HTMLResponse:
    """The last alerts, those that hold every word of `q` somewhere."""
    wanted = [word.casefold() for word in q[:200].split()]
    lives: dict[str, Life] = {}
    away = False
    try:
        async for entry, alert in newest_first(parts.redis, visitor):
            life = lives.setdefault(alert.id, Life(label=parts.results.verdicts.of(alert.id)))
            life.steps.append(alert)
            life.told = max(life.told, order(entry))
    except (RedisError, OSError):
        away = True
    found = [
        life
        for life in sorted(lives.values(), key=lambda life: life.told, reverse=True)
        if (not rule or life.last.rule == rule)
        and (not verdict or (life.verdict or "none") == verdict)
        and holds(life, wanted)
    ]
    return parts.page(
        request, "history", visitor, {"channel": "verdicts"},
        lives=found[:SHOWN], more=max(0, len(found) - SHOWN), away=away, q=q, rule=rule, verdict=verdict,
        rules=sorted(parts.venue.rules), with_evidence=visitor.may("security"),
    )  # fmt: skip


@router.get("/api/steps")
async def steps(visitor: Annotated[Visitor, Depends(asking)], parts: Parts, alert: str) -> Response:
    """Every step of one alert, oldest first."""
    try:
        found = [one async for _, one in newest_first(parts.redis, visitor, only=alert)]
    except (RedisError, OSError) as error:
        raise HTTPException(503, "Redis does not answer; try again") from error
    return Response(msgspec.json.encode(found[::-1]), media_type="application/json")


@router.get("/evidence/{name:path}")
async def evidence(
    request: Request, name: str, visitor: Annotated[Visitor, Depends(asking)], parts: Parts, *, still: bool = False
) -> Response:
    """One picture, for security; who looked is in the audit stream, once an hour.

    Args:
        still: of a clip, one picture that does not move.
    """
    need(visitor, "security")
    try:
        found: Any = await parts.redis.hmget(EVIDENCE.format(id=name), "body", "content_type")
        body, kind = found[0], (found[1] or b"").decode()
        if body is None or kind not in PICTURES:
            raise HTTPException(404, "this picture is gone: pictures are kept for a short time only")
        if await parts.redis.set(SEEN.format(who=visitor.name, id=name), 1, ex=SEEN_SECONDS, nx=True):
            origin = request.client.host if request.client else ""
            await audit.record(parts.redis, visitor.name, "evidence-seen", name, origin=origin)
    except (RedisError, OSError) as error:
        raise HTTPException(503, "Redis does not answer; try again") from error
    if still and kind == CONTENT_TYPE:
        with suppress(PictureError):  # one that can't be read is sent as it is
            body = await asyncio.to_thread(still_of, body)
    return Response(body, media_type=kind)


def holds(life: Life, words: list[str]) -> bool:
    """Whether every word is somewhere in the alert: its texts, key, people, notes."""
    if not words:
        return True
    told: list[str] = []
    for one in life.steps:
        told += [one.key, one.severity, one.note, *one.text.values()]
        told += [name for name in (one.by, one.acknowledged_by, one.assigned_to, one.resolved_by) if name]
    text = "\n".join(told).casefold()
    return all(word in text for word in words)
