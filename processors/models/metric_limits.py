"""Limits on the figures of a model's evaluation report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError, model_validator

from schemas.errors import PulsoError, first_problem


class GateError(PulsoError, ValueError):
    """The file of limits can't be used; the message says why."""


class MetricLimit(BaseModel):
    """Minimum, maximum, or both, of one figure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> MetricLimit:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        return self


class MetricLimits(RootModel[dict[str, MetricLimit]]):
    """Limits by the dotted name of a figure, for example `per_class.sad.f1: {min: 0.6}`."""


def read_gate(path: Path) -> MetricLimits:
    """Read a YAML (or JSON) file of limits.

    Raises:
        GateError: the file is not a mapping of figures to limits, or is empty.
    """
    try:
        gate = MetricLimits.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise GateError(f"{path}: {first_problem(error)}; write for example `mae: {{max: 20}}`") from error
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise GateError(f"{path}: {error}; write for example `mae: {{max: 20}}`") from error
    if not gate.root:
        raise GateError(f"{path}: no limits; write for example `mae: {{max: 20}}`")
    return gate


def failures(report: Mapping[str, Any], gate: MetricLimits) -> list[str]:
    """Return the reasons why a report fails; empty if it passes. A missing figure fails.

    >>> gate = MetricLimits.model_validate({"mae": {"max": 20}, "per_class.sad.f1": {"min": 0.6}})
    >>> failures({"mae": 12.0, "per_class": {"sad": {"f1": 0.5}}}, gate)
    ['per_class.sad.f1 is 0.5, at least 0.6 is required']
    >>> failures({"mae": 12.0}, gate)
    ['per_class.sad.f1 is not in the report']
    """
    reasons = []
    for name, limit in gate.root.items():
        value = figure(report, name)
        if value is None:
            reasons.append(f"{name} is not in the report")
        elif limit.min is not None and not value >= limit.min:
            reasons.append(f"{name} is {value:g}, at least {limit.min:g} is required")
        elif limit.max is not None and not value <= limit.max:
            reasons.append(f"{name} is {value:g}, at most {limit.max:g} is required")
    return reasons


def figure(report: Mapping[str, Any], name: str) -> float | None:
    """Return a number of a report by its dotted name, or None where there is none.

    >>> figure({"per_class": {"sad": {"f1": 0.5}}}, "per_class.sad.f1")
    0.5
    """
    at: Any = report
    for part in name.split("."):
        if not isinstance(at, Mapping) or part not in at:
            return None
        at = at[part]
    return float(at) if isinstance(at, int | float) else None
