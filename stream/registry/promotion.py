"""Promotion of a candidate to the model in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from processors.models.inference import ModelError, open_folder, read_card, sha256_of
from processors.models.metric_limits import GateError
from processors.models.promotion import MeasuredModel, read_requirements, refusal_reasons
from stream.registry.model_kinds import measure
from stream.registry.model_store import DIGITS, ModelStore

Progress = Callable[[str, int, int], None]


class PromotionResult(Struct, frozen=True):
    """Result of a promotion.

    Attributes:
        version: version of the promoted candidate; "" when it was rejected.
        reasons: all reasons for the rejection.
        candidate: figures of the candidate; None where it was not measured.
        current: figures of the model in use from the same run; None where it was not measured.
    """

    version: str
    reasons: tuple[str, ...]
    candidate: MeasuredModel | None = None
    current: MeasuredModel | None = None


def promote(
    store: ModelStore,
    name: str,
    candidate: Path,
    data: Path,
    *,
    by: str,
    progress: Progress = lambda what, done, total: None,
) -> PromotionResult:
    """Measure a candidate and the model in use, and promote the candidate if it passes its gate.

    Args:
        store: the model store.
        name: the model.
        candidate: folder of the candidate.
        data: labelled data that both are measured on.
        by: who promotes it, for the history.
        progress: called with the model being measured, the number of items done and the number of all.

    Raises:
        ModelError: The model is unknown, has no evaluation, or the one in use can't be measured.
        ValueError: The data are not valid.
    """
    shipped = store.shipped(name)
    folders = store.folders(store.names())
    reasons = _incomplete(name, candidate, folders[name])
    try:
        asked = read_requirements(shipped)
    except GateError as error:
        reasons.append(str(error))
    new = now = None
    if not reasons:
        now = measure(name, folders[name], folders, data, lambda done, total: progress("in use", done, total))
        try:
            new = measure(name, candidate, folders, data, lambda done, total: progress("candidate", done, total))
            reasons = refusal_reasons(new, now, asked)
        except Exception as error:  # what fails in the evaluation would fail in a worker
            reasons = [f"it fails on the data: {type(error).__name__}: {error}"]
    if reasons or new is None or now is None:
        digest = sha256_of(candidate / "model.onnx")[:DIGITS]
        store.note(name, "refused", digest, by, reasons)
        return PromotionResult("", tuple(reasons), new, now)
    evaluation = {"data": str(data), "candidate": asdict(new), "in use before": asdict(now)}
    return PromotionResult(store.promote(name, candidate, read_card(candidate).sha256, evaluation, by), (), new, now)


def _incomplete(name: str, candidate: Path, current: Path) -> list[str]:
    """Return the reasons why a folder can't be a version of a model, before anything is measured."""
    try:
        card = read_card(candidate)
    except ModelError as error:
        return [f"its card is not valid: {error}"]
    reasons = []
    if card.name != name:
        reasons.append(f"its card says that it is a model {card.name!r}, not {name!r}")
    if not card.metrics:
        reasons.append("its card has no metrics on held-out data")
    if card.sha256 == read_card(current).sha256:
        reasons.append("it is the model in use")
    try:
        open_folder(candidate)
    except Exception as error:
        reasons.append(f"it can't be opened: {error}")
    return reasons
