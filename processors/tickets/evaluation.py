"""Evaluation of ticket forecasts on past events: each is forecast from the others, as it would have been.

Events with dates are split by time: the earlier half is only learnt, each later one is forecast from those that had
taken place on the day of the forecast. Without dates each event is forecast from all others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from processors.tickets.curves import BookingCurve, read_curves
from processors.tickets.forecast import MIN_TESTED, TooFewEventsError, backtest, forecast_past, pasts_of
from processors.tickets.pickup import METHODS, Floats

MIN_SCORED = 13
"""Events without which nothing is measured."""


def evaluate(
    path: Path, days: Sequence[int] = (30, 14, 7), progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Return WAPE and coverage of the blend, and WAPE of each method, by days before the event.

    Raises:
        TooFewEventsError: there are not enough events.
        CurvesError: the file can't be used.
    """
    curves = read_curves(path)
    ordered = all(curve.date for curve in curves)
    rows: list[dict[str, float]] = []
    for place, day in enumerate(days):
        usable = [curve for curve in curves if curve.days[-1] >= day]
        rows.append(_at(path, usable, day))
        if progress:
            progress(place + 1, len(days))
    return {
        "events": len(curves),
        "split": "by time: earlier half learnt, later events forecast" if ordered else "no dates: one event left out",
        **{f"wape_{row['days_before']:g}": row["blend"] for row in rows},
        **{f"coverage_{row['days_before']:g}": row["coverage_90"] for row in rows},
        "by_days_before": rows,
    }


def _at(path: Path, curves: list[BookingCurve], day: int) -> dict[str, float]:
    if len(curves) < MIN_SCORED:
        raise TooFewEventsError(f"{path}: {len(curves)} events have sales {day} days before; {MIN_SCORED} are needed")
    length = max(curve.days[-1] for curve in curves) + 1
    table = np.array([curve.values(length) for curve in curves])
    pasts = pasts_of(curves, day)
    forecasts = forecast_past(table, day, pasts)
    first = 0 if pasts is None else len(curves) // 2
    scored = [place for place in forecasts if place >= first]
    if not scored:
        raise TooFewEventsError(f"{path}: no event has {MIN_TESTED} others that were over {day} days before it")
    singles, blends, inside, widths = [], [], [], []
    for place in scored:
        others = pasts[place] if pasts is not None else [one for one in forecasts if one != place]
        result = backtest(table, forecasts, pasts, others)
        blended = float(result.blend_weights() @ forecasts[place])
        width = result.interval_width() * blended
        singles.append(forecasts[place])
        blends.append(blended)
        widths.append(width)
        inside.append(abs(table[place, 0] - blended) <= width)
    finals = table[scored, 0]
    by_method = _wape(np.array(singles), finals[:, None])
    return {
        "days_before": day,
        "events": len(scored),
        "blend": round(float(_wape(np.array(blends), finals)), 4),
        "coverage_90": round(float(np.mean(inside)), 3),
        "half_width": round(float(np.sum(widths) / finals.sum()), 3),
        **{name: round(float(value), 4) for name, value in zip(METHODS, by_method, strict=True)},
    }


def _wape(forecasts: Floats, finals: Floats) -> Floats:
    return np.asarray(np.abs(forecasts - finals).sum(axis=0) / finals.sum())
