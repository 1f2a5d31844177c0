"""From a candidate to the model in use, or every reason why not."""

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


class Decision(Struct, frozen=True):
    """What became of a candidate.

    Attributes:
        version: it has now, or "" when it was refused.
        reasons: why it was refused, all of them.
        candidate, current: as measured in the same run; None where it did not come so far.
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
) -> Decision:
    """Measure a candidate beside the model in use and promote it if it passes its gate.

    Raises:
        ModelError: no model is called so, it has no evaluation, or the one in use can't be measured.
        ValueError: the data can't be used.
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
        except Exception as error:  # whatever a candidate does to the evaluation it would do to a worker
            reasons = [f"it fails on the data: {type(error).__name__}: {error}"]
    if reasons or new is None or now is None:
        digest = sha256_of(candidate / "model.onnx")[:DIGITS]
        store.note(name, "refused", digest, by, reasons)
        return Decision("", tuple(reasons), new, now)
    evaluation = {"data": str(data), "candidate": asdict(new), "in use before": asdict(now)}
    return Decision(store.promote(name, candidate, read_card(candidate).sha256, evaluation, by), (), new, now)


def _incomplete(name: str, candidate: Path, current: Path) -> list[str]:
    """Why a folder can't be a version of a model, before anything is measured."""
    try:
        card = read_card(candidate)
    except ModelError as error:
        return [f"its card is not complete: {error}"]
    found = []
    if card.name != name:
        found.append(f"its card says that it is a model {card.name!r}, not {name!r}")
    if not card.metrics:
        found.append("its card has no metrics: nobody knows how good it is on data kept apart")
    if card.sha256 == read_card(current).sha256:
        found.append("it is the model in use")
    try:
        open_folder(candidate)
    except Exception as error:
        found.append(f"it can't be opened: {error}")
    return found
