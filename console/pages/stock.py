"""What bar staff press: on its way, delivered, counted, wasted, given away; each becomes one stock movement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from redis.exceptions import RedisError

from console.authentication import Visitor, acting
from console.requests import body_of
from console.services import House, house
from console.views.bars import holds
from schemas.bars import STOCK, ProductSettings, StockMovement
from schemas.documents import request_body
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit

router = APIRouter()

DONE = "pulso:press:{id}"
DONE_SECONDS = 24 * 3600
"""A phone that comes back so late may send what was done already."""

LATEST_COUNT = timedelta(hours=1)
"""as old as a count may be: the ledger knows what moved after it for so long"""

LATEST = timedelta(hours=12)


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """What a page sends.

    Attributes:
        id: made by the browser; sent again under the same id, it is done once.
        ago: seconds since the press. A phone may be without a network for a while, and its clock may be wrong.
        other: the bar that it comes from, the store if left out; of a transfer the bar that it goes to.
    """

    id: Annotated[str, msgspec.Meta(min_length=8, max_length=80, pattern=r"^[A-Za-z0-9-]+$")]
    product: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    kind: Literal["on-its-way", "delivery", "count", "waste", "transfer"]
    quantity: Annotated[float, msgspec.Meta(ge=0, le=100_000)]
    ago: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    other: str | None = None


@router.post("/api/bar/{bar}/stock", openapi_extra={"requestBody": request_body(Press)})
async def press(
    request: Request, bar: str, visitor: Annotated[Visitor, Depends(acting)], parts: Annotated[House, Depends(house)]
) -> Response:
    """Write one movement; sent again, it is answered as it was the first time."""
    one = await body_of(request, Press)
    if not visitor.may_bar(bar):
        raise HTTPException(403, f"the bar {bar} is not yours")
    _check(parts, bar, one)
    now = datetime.now(UTC)
    movement = StockMovement(
        id=f"{visitor.name}/{one.id}", bar=bar, product=one.product, kind=one.kind, quantity=one.quantity,
        time=now - timedelta(seconds=one.ago), by=visitor.name, other=one.other,
    )  # fmt: skip
    done = DONE.format(id=movement.id)
    try:
        if await parts.redis.exists(done):
            return Response(status_code=200)
        # The ledger knows repeated ids too: a crash between the next two steps sends the same movement again.
        await parts.records.send(STOCK, key=bar, record=movement, id=movement.id, by=visitor.name, time=movement.time)
        await parts.redis.set(done, 1, ex=DONE_SECONDS)
        origin = request.client.host if request.client else ""
        detail = f"{one.quantity:g} {one.product}" + (f" ({one.other})" if one.other else "")
        await audit.record(parts.redis, visitor.name, f"stock-{one.kind}", bar, detail, origin)
    except (NotDeliveredError, RedisError, OSError) as error:
        raise HTTPException(503, "Redis or Kafka does not answer; the press is kept and sent again") from error
    return Response(status_code=202)


def _check(parts: House, bar: str, one: Press) -> None:
    """Refuse what the ledger could not use, while whoever pressed is still there to hear of it."""
    plans = {plan.id: plan for plan in parts.venue.bars}
    known: dict[str, ProductSettings] = {product.id: product for product in plans[bar].products} if bar in plans else {}
    if bar not in plans or one.product not in known:
        raise HTTPException(422, f"the venue file has no {one.product!r} at the bar {bar!r}")
    if known[one.product].recipe:
        raise HTTPException(422, f"{one.product} is mixed: report {', '.join(known[one.product].recipe)}")
    if one.other is not None and (one.other == bar or one.other not in plans):
        raise HTTPException(422, f"the venue file has no other bar {one.other!r}")
    if one.kind == "transfer" and one.other is None:
        raise HTTPException(422, "a transfer names the bar that it goes to")
    if one.kind == "transfer" and not holds(plans[one.other or bar], one.product):
        raise HTTPException(422, f"the bar {one.other} keeps no {one.product!r}")
    if one.kind == "count" and one.ago > LATEST_COUNT.total_seconds():
        raise HTTPException(410, "this count is more than an hour old: count again")
    if one.ago > LATEST.total_seconds():
        raise HTTPException(410, "this is more than twelve hours old")
