"""Promotion of models: comparison of a candidate with the model in use, against the limits in `gate.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from processors.models.metric_limits import GateError, MetricLimit, MetricLimits, failures, figure
from schemas.errors import first_problem

RETRAINED = "test part"
"""Data set that only the card of a candidate of `pulso models retrain` has: labels of its own venue, kept apart."""

GATE_FILE = "gate.yaml"
"""File of requirements beside a model."""


class PromotionRequirements(BaseModel):
    """Content of `models/NAME/gate.yaml`; figures have dotted names, as in the report of `pulso evaluate`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    evaluation: dict[str, MetricLimit] = Field(
        default_factory=dict, description="limits on the figures measured at the promotion"
    )
    may_fall: dict[str, float] = Field(
        default_factory=dict, description="by how much a figure may be below that of the model in use, on the same data"
    )
    may_rise: dict[str, float] = Field(default_factory=dict, description="the same for figures that are better low")
    card: dict[str, MetricLimit] = Field(default_factory=dict, description="limits on the figures of the card")
    card_may_fall: dict[str, float] = Field(
        default_factory=dict, description="by how much a figure may be below that of the other card, where it has it"
    )
    retrained: dict[str, MetricLimit] = Field(
        default_factory=dict,
        description="limits on the card of a candidate of `pulso models retrain`, instead of card and card_may_fall",
    )
    times_slower: float = Field(default=2.0, gt=0, description="than the model in use, in the same run")
    megabytes: float = Field(gt=0, description="of model.onnx")


class MeasuredModel(Struct, frozen=True):
    """Figures of one model.

    Attributes:
        report: report of `pulso evaluate`, with additions of the kind of model.
        card: metrics of the model card.
        seconds: computing time for one clip, picture, frame or text.
        megabytes: size of model.onnx.
    """

    report: Mapping[str, Any]
    card: Mapping[str, Any]
    seconds: float
    megabytes: float


def read_requirements(folder: Path) -> PromotionRequirements:
    """Read the requirements of a model.

    Raises:
        GateError: the file is missing or can't be used.
    """
    path = folder / GATE_FILE
    try:
        return PromotionRequirements.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise GateError(f"{path} is missing; a model is promoted only if it has one") from error
    except ValidationError as error:
        raise GateError(f"{path}: {first_problem(error)}") from error
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise GateError(f"{path}: {error}") from error


def refusal_reasons(candidate: MeasuredModel, current: MeasuredModel, required: PromotionRequirements) -> list[str]:
    """Return the reasons why the candidate must not be promoted; empty if it may.

    >>> limits = {"macro_f1": MetricLimit(min=0.6)}
    >>> required = PromotionRequirements(evaluation=limits, may_fall={"macro_f1": 0.02}, megabytes=5)
    >>> current = MeasuredModel({"macro_f1": 0.74}, {}, 0.1, 3.0)
    >>> refusal_reasons(MeasuredModel({"macro_f1": 0.73}, {}, 0.1, 3.0), current, required)
    []
    >>> refusal_reasons(MeasuredModel({"macro_f1": 0.5}, {}, 0.3, 9.0), current, required)  # doctest: +ELLIPSIS
    ['macro_f1 is 0.5, at least 0.6 is required', 'macro_f1 is 0.5, the model in use has 0.74 ...', ...]
    """
    reasons = failures(candidate.report, MetricLimits(required.evaluation))
    retrained = RETRAINED in candidate.card
    limits_on_card = required.retrained if retrained else required.card
    reasons += [f"card: {reason}" for reason in failures(candidate.card, MetricLimits(limits_on_card))]
    if retrained and not limits_on_card:
        reasons.append("the gate has no limits for retrained candidates")
    for limits, sign in ((required.may_fall, 1.0), (required.may_rise, -1.0)):
        for name, slack in limits.items():
            reasons += _worse(name, candidate.report, current.report, slack, sign)
    for name, slack in () if retrained else required.card_may_fall.items():
        reasons += [f"card: {reason}" for reason in _worse(name, candidate.card, current.card, slack, 1.0)]
    if candidate.seconds > required.times_slower * current.seconds:
        reasons.append(
            f"it takes {candidate.seconds:.3g} s each, {candidate.seconds / current.seconds:.1f} times as long as the "
            f"model in use; at most {required.times_slower:g} times is allowed"
        )
    if candidate.megabytes > required.megabytes:
        reasons.append(f"model.onnx has {candidate.megabytes:.1f} MB, at most {required.megabytes:g} MB is allowed")
    return reasons


def _worse(name: str, candidate: Mapping[str, Any], current: Mapping[str, Any], slack: float, sign: float) -> list[str]:
    now, new = figure(current, name), figure(candidate, name)
    if now is None:
        return []
    if new is None:
        return [f"{name} is missing, the model in use has {now:.4g}"]
    if not sign * (now - new) <= slack:  # also rejects NaN
        return [f"{name} is {new:.4g}, the model in use has {now:.4g} and it may be worse by {slack:g} at most"]
    return []
