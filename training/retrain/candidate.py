"""Figures of a candidate and of the model in use, side by side, and the candidate's card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from processors.models.comparison import Figures, Judged, compare, contradiction
from processors.models.inference import ModelCard, sha256_of
from processors.models.promotion import RETRAINED
from training.retrain.labels import LabelledItem, LabelledParts

Predict = Callable[[Sequence[LabelledItem]], list[str]]


@dataclass(frozen=True, slots=True)
class Contest:
    """A candidate and the model in use, which label items through the same features.

    Attributes:
        labels: all labels.
        candidate: labels of the candidate for items.
        current: those of the model in use.
    """

    labels: Sequence[str]
    candidate: Predict
    current: Predict

    def figures(self, items: Sequence[LabelledItem], name: str) -> Figures:
        """Return the figures on items that neither was trained on."""
        return compare(
            Judged(
                self.labels,
                [item.label for item in items],
                [item.group for item in items],
                self.candidate(items),
                self.current(items),
            ),
            name,
        )

    def all_figures(self, own: LabelledParts, base: LabelledParts, reference: Sequence[LabelledItem] = ()) -> Figures:
        """Return the figures on the test part, on kept-apart base data, and on texts of no venue."""
        figures = self.figures(own.test, RETRAINED)
        if base.test:
            figures |= self.figures(base.test, "base data")
        if reference:
            figures |= self.figures(reference, "reference")
        labelled = (*own.train, *own.test)
        changed = contradiction(self.candidate(labelled), self.current(labelled))
        return figures | {"all labels": {"items": float(len(labelled)), "contradiction": round(changed, 4)}}


def write_card(
    folder: Path, current: ModelCard, figures: Figures, own: LabelledParts, base: LabelledParts, alone: str
) -> None:
    """Write the card of a candidate beside its model.onnx: that of the model before, with new data and figures.

    Args:
        folder: folder of the candidate.
        current: card of the model in use.
        figures: figures of both.
        own: labels of the venue.
        base: data of the first training.
        alone: line about the data where there are no base data.
    """
    groups = len({item.group for item in (*own.train, *own.test)})
    data = [f"{len(own.train)} labels of the venue's people, of {groups} groups (stage and hour, artist, or author)"]
    if base.train:
        data.append(f"{len(base.train)} items of the data of the first training")
    else:
        data.append(alone)
    limits = [one for one in current.limits if not one.startswith(LABELS_LIMIT[:20])]
    card = current.model_copy(
        update={
            "version": f"{current.version.partition('+')[0]}+{date.today():%Y%m%d}",  # noqa: DTZ011 - a day
            "date": date.today().isoformat(),  # noqa: DTZ011
            "sha256": sha256_of(folder / "model.onnx"),
            "data": [*data, *(f"before: {one}" for one in current.data if not one.startswith("before: "))],
            "split": f"Whole groups, by a hash of their names, so that what is kept apart stays so: {len(own.test)} "
            f"items of {len({item.group for item in own.test})} groups were seen by no training and no choice. "
            "Intervals are of 95 %, by a bootstrap over groups. 'Model before' is the model that was in use, on the "
            "same items.",
            "metrics": figures,
            "limits": [*limits, LABELS_LIMIT],
            "made_by": f"pulso models retrain {current.name}",
        }
    )
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=115)
    (folder / "card.yaml").write_text(text, encoding="utf-8")


LABELS_LIMIT = (
    "Labels are corrections: people correct what they notice, so hard items are more frequent than on the stage or in "
    "the mailbox."
)
