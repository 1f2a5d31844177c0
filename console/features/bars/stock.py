"""Stock movements that bar staff report: in transit, delivered, counted, wasted, given to another bar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from redis.exceptions import RedisError

from console.authentication import ActingUser
from console.features.bars.view import keeps_stock_of
from console.requests import RequestId, decode_body, request_origin
from console.services import ConsoleServices, Services
from schemas.bars import STOCK, ProductSettings, StockMovement
from schemas.documents import request_body
from schemas.ids import BarId, ProductId
from stream.runtime.producer import NotDeliveredError
from stream.stores import audit

router = APIRouter()

WRITTEN = "pulso:press:{id}"
WRITTEN_SECONDS = 24 * 3600
"""Time for which ids of movements are remembered: a phone that comes back so late may send one again."""

MAX_COUNT_AGE = timedelta(hours=1)
"""The ledger remembers the movements after a count for so long."""

MAX_AGE = timedelta(hours=12)


class StockMovementRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a request to write a stock movement.

    Attributes:
        id: made by the browser; sent again under the same id, the movement is written once.
        ago: age in seconds. A phone may be without a network for a while, and its clock may be wrong.
        other: the bar that it comes from, the store if None; of a transfer the bar that it goes to.
    """

    id: RequestId
    product: Annotated[ProductId, msgspec.Meta(min_length=1, max_length=100)]
    kind: Literal["on-its-way", "delivery", "count", "waste", "transfer"]
    quantity: Annotated[float, msgspec.Meta(ge=0, le=100_000)]
    ago: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    other: BarId | None = None


@router.post("/api/bar/{bar}/stock", openapi_extra={"requestBody": request_body(StockMovementRequest)})
async def report_stock(request: Request, bar: str, user: ActingUser, services: Services) -> Response:
    """Write one movement; sent again, it is answered as it was the first time."""
    bar_id, body = BarId(bar), await decode_body(request, StockMovementRequest)
    if not user.works_at_bar(bar_id):
        raise HTTPException(403, f"the bar {bar} is not one of your bars")
    _check(services, bar_id, body)
    now = datetime.now(UTC)
    movement = StockMovement(
        id=f"{user.name}/{body.id}", bar=bar_id, product=body.product, kind=body.kind, quantity=body.quantity,
        time=now - timedelta(seconds=body.ago), by=user.name, other=body.other,
    )  # fmt: skip
    written = WRITTEN.format(id=movement.id)
    try:
        if await services.redis.exists(written):
            return Response(status_code=200)
        # The ledger ignores repeated ids, too: a crash between the next two steps sends the same movement again.
        await services.writer.send(STOCK, key=bar, record=movement, id=movement.id, by=user.name, time=movement.time)
        await services.redis.set(written, 1, ex=WRITTEN_SECONDS)
        detail = f"{body.quantity:g} {body.product}" + (f" ({body.other})" if body.other else "")
        await audit.record(services.redis, user.name, f"stock-{body.kind}", bar, detail, request_origin(request))
    except (NotDeliveredError, RedisError, OSError) as error:
        raise HTTPException(503, "Redis or Kafka does not answer; the report is kept and sent again") from error
    return Response(status_code=202)


def _check(services: ConsoleServices, bar: BarId, body: StockMovementRequest) -> None:
    """Refuse a movement that the ledger could not use, while the person who reports it can still correct it."""
    bars = {one.id: one for one in services.venue.bars}
    products: dict[ProductId, ProductSettings] = (
        {product.id: product for product in bars[bar].products} if bar in bars else {}
    )
    if bar not in bars or body.product not in products:
        raise HTTPException(422, f"the venue file has no {body.product!r} at the bar {bar!r}")
    if products[body.product].recipe:
        raise HTTPException(422, f"{body.product} is mixed: report {', '.join(products[body.product].recipe)}")
    if body.other is not None and (body.other == bar or body.other not in bars):
        raise HTTPException(422, f"the venue file has no other bar {body.other!r}")
    if body.kind == "transfer" and body.other is None:
        raise HTTPException(422, "a transfer names the bar that it goes to")
    if body.kind == "transfer" and not keeps_stock_of(bars[body.other or bar], body.product):
        raise HTTPException(422, f"the bar {body.other} keeps no {body.product!r}")
    if body.kind == "count" and body.ago > MAX_COUNT_AGE.total_seconds():
        raise HTTPException(410, "this count is more than an hour old: count again")
    if body.ago > MAX_AGE.total_seconds():
        raise HTTPException(410, "this report is more than twelve hours old: it no longer counts")
