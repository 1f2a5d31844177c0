"""Evaluation of each kind of model at its promotion: on labelled data, with the models that it works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from processors.models.inference import ModelError, open_folder
from processors.models.promotion import MeasuredModel
from stream.registry.model_store import Folders

Progress = Callable[[int, int], None]
Evaluate = Callable[[Folders, Path, Progress], dict[str, Any]]


class ModelKind(Struct, frozen=True):
    """Evaluation of one kind of model.

    Attributes:
        data: description of the labelled data that it is measured on.
        evaluate: measures the models in the given folders; None where the model can't be measured alone.
        seconds: name of the figure with the time of one inference.
    """

    data: str
    evaluate: Evaluate | None
    seconds: str = ""


# Each evaluation imports its own libraries, which take seconds to load.


def _crowd(folders: Folders, data: Path, progress: Progress) -> dict[str, Any]:
    from processors.crowd.density import CrowdCounter  # noqa: PLC0415
    from processors.crowd.evaluation import evaluate  # noqa: PLC0415

    report = evaluate(data, counter=CrowdCounter(open_folder(folders["crowd"])), progress=progress)
    bands = [band["mae"] for band in report["bands"].values() if band["images"]]
    return report | {"worst_band_mae": max(bands, default=0.0)}


def _violence(folders: Folders, data: Path, progress: Progress) -> dict[str, Any]:
    from processors.violence.evaluation import evaluate  # noqa: PLC0415
    from processors.violence.scorer import ViolenceScorer  # noqa: PLC0415

    report = evaluate(data, scorer=ViolenceScorer(open_folder(folders["violence"])), progress=progress)
    return report | {"worst_set_accuracy": min(one["balanced_accuracy"] for one in report["sets"].values())}


def _requests(folders: Folders, data: Path, progress: Progress) -> dict[str, Any]:
    import time  # noqa: PLC0415

    from processors.support.encoder import Encoder  # noqa: PLC0415
    from processors.support.evaluation import evaluate, read_labelled_mails  # noqa: PLC0415
    from processors.support.requests import RequestClassifier  # noqa: PLC0415

    requests = RequestClassifier(open_folder(folders["requests"]), Encoder(open_folder(folders["encoder"])))
    report = evaluate(data, topics=None, requests=requests, progress=progress)
    texts = [f"{one.subject}\n{one.text}".strip() for one in read_labelled_mails(data)][:200]
    began = time.perf_counter()
    requests.analyze(texts)
    return report | {"seconds_per_text": (time.perf_counter() - began) / len(texts)}


def _sentiment(folders: Folders, data: Path, progress: Progress) -> dict[str, Any]:
    import time  # noqa: PLC0415

    from processors.social.sentiment import SentimentClassifier  # noqa: PLC0415
    from processors.social.sentiment_evaluation import evaluate  # noqa: PLC0415
    from processors.support.encoder import Encoder  # noqa: PLC0415

    encoder = Encoder(open_folder(folders["encoder"]))
    sentiment = SentimentClassifier(open_folder(folders["sentiment"]), encoder)
    began = time.perf_counter()
    report = evaluate(data, encoder, sentiment, progress=progress)
    report.pop("published_macro_f1", None)
    worst = min(one["f1"] for one in report["per_class"].values())
    return report | {
        "worst_class_f1": worst,
        "seconds_per_text": (time.perf_counter() - began) / max(1, report["posts"]),
    }


def _music(kind: str) -> Evaluate:
    def measure(folders: Folders, data: Path, progress: Progress) -> dict[str, Any]:
        from processors.music.evaluation import evaluate_genre, evaluate_mood  # noqa: PLC0415
        from processors.music.tagger import PARTS, Tagger  # noqa: PLC0415

        tagger = Tagger.load({name: folders[name] for name in PARTS})
        report = (evaluate_mood if kind == "mood" else evaluate_genre)(data, tagger=tagger, progress=progress)
        scores = [one["f1"] for one in report["per_class"].values() if one["clips"]]
        return report | {"worst_class_f1": min(scores)}

    return measure


KINDS: Mapping[str, ModelKind] = {
    "crowd": ModelKind("a folder of pictures with a heads.json", _crowd, "seconds_per_image"),
    "violence": ModelKind("JSON lines: clip, label, source, set", _violence, "seconds_per_frame"),
    "encoder": ModelKind("none: requests and sentiment are trained on it, so the three come together", None),
    "requests": ModelKind("CSV or JSON lines of mails: text, topic", _requests, "seconds_per_text"),
    "sentiment": ModelKind("CSV: text, sentiment", _sentiment, "seconds_per_text"),
    "mood": ModelKind("CSV: clip, mood", _music("mood"), "seconds_per_clip"),
    "genre": ModelKind("CSV: clip, genre", _music("genre"), "seconds_per_clip"),
    "sound": ModelKind("none: it comes with mood and genre, which are trained on it", None),
}


def measure(name: str, folder: Path, current: Folders, data: Path, progress: Progress) -> MeasuredModel:
    """Measure the model in `folder` with the other models in use.

    Args:
        name: kind of the model.
        folder: folder of the model.
        current: folders of all models in use.
        data: labelled data of that kind.
        progress: called with the number of items done and the number of all.

    Raises:
        ModelError: The model can't be measured alone, is incomplete or does not match its card.
        ValueError: The data are not valid.
    """
    kind = KINDS.get(name)
    if kind is None or kind.evaluate is None:
        raise ModelError(f"{name} can't be promoted alone: {kind.data if kind else 'unknown model'}")
    model = open_folder(folder)
    report = kind.evaluate({**current, name: folder}, data, progress)
    megabytes = (folder / "model.onnx").stat().st_size / 1e6
    return MeasuredModel(report, model.card.metrics, float(report[kind.seconds]), megabytes)
