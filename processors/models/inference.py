"""Loading of models: checks the model card and the hash of the weights, then creates an ONNX Runtime session.

A model is a folder `models/NAME` with `model.onnx` and `card.yaml`. The card gives task, training data, figures and the
SHA-256 of the weights, so that a worker never serves weights that were not measured.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import PulsoError, first_problem

# ONNX Runtime sends telemetry to its maker unless this is set before it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort


class ModelError(PulsoError, RuntimeError):
    """A model folder is incomplete or does not match its card; the message says what to do."""


class ModelCard(BaseModel):
    """Model card: data, split, figures, limits, licence and hash of a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="day of training, ISO 8601")
    task: str = Field(description="what goes in and what comes out, with shapes and units")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the weights: model.onnx, model.npz or model.json")
    parameters: int = Field(gt=0)
    data: list[str] = Field(min_length=1, description="training data, each with its source and rights")
    split: str = Field(description="how training, choice and report were kept apart")
    metrics: dict[str, dict[str, float]] = Field(
        description="{data set: {metric: value}}, on data not used for any choice"
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="thresholds, labels, feature parameters")
    limits: list[str] = Field(min_length=1, description="where it is weak and what it must not be used for")
    made_by: str = Field(description="the command that makes it again")
    licence: str


@dataclass(frozen=True, slots=True)
class Model:
    """An open model: card, session and folder."""

    card: ModelCard
    session: ort.InferenceSession
    folder: Path

    @property
    def identity(self) -> str:
        """Name and first 12 digits of the hash, `name@hash`, as results and evaluations give it."""
        return f"{self.card.name}@{self.card.sha256[:12]}"


def models_folder() -> Path:
    """Return the folder `PULSO_MODELS` if it is set, or else the one shipped beside this package."""
    override = os.environ.get("PULSO_MODELS")
    return Path(override) if override else Path(__file__).resolve().parents[2] / "models"


def read_card(folder: Path) -> ModelCard:
    """Read and validate `card.yaml`.

    Raises:
        ModelError: the card is missing or incomplete.
    """
    path = folder / "card.yaml"
    try:
        return ModelCard.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder}: no card.yaml; run the training script, or restore it with `git checkout models/`"
        ) from error
    except ValidationError as error:
        raise ModelError(f"{path}: {first_problem(error)}") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:  # not UTF-8, or not a date
        raise ModelError(f"{path}: {error}") from error


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked_weights(folder: Path, file: str) -> tuple[ModelCard, Path]:
    """Return the card of a model that is no ONNX file, and the path of its weights.

    Raises:
        ModelError: the folder is incomplete, or the weights are not the ones the card describes.
    """
    card, path = read_card(folder), folder / file
    if not path.is_file() or sha256_of(path) != card.sha256:
        raise ModelError(f"{path} differs from its card: restore both with `git checkout models/{folder.name}`")
    return card, path


Provider = Literal["CPUExecutionProvider", "CUDAExecutionProvider"]


def open_model(
    name: str, *, folder: Path | None = None, threads: int = 1, provider: Provider = "CPUExecutionProvider"
) -> Model:
    """Open `models/NAME` after checking its hash.

    Args:
        name: folder below `folder`.
        folder: holds the models; the default of `models_folder` if left out.
        threads: of one inference. One by default: workers scale by process, and a pool for each session would starve
            the other processes.
        provider: of ONNX Runtime.

    Raises:
        ModelError: the folder is incomplete, or the weights are not the ones the card describes.
    """
    return open_folder((folder or models_folder()) / name, threads=threads, provider=provider)


def open_folder(folder: Path, *, threads: int = 1, provider: Provider = "CPUExecutionProvider") -> Model:
    """Open the model in a folder of any name, as `open_model` does."""
    card = read_card(folder)
    path = folder / "model.onnx"
    if not path.exists():
        raise ModelError(f"{path} is missing; run `{card.made_by}`, or restore it with `git checkout models/`")
    if (found := sha256_of(path)) != card.sha256:
        raise ModelError(
            f"{path} has hash {found[:12]}…, its card says {card.sha256[:12]}…; "
            f"restore both with `git checkout models/{card.name}`"
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return Model(card, ort.InferenceSession(path, options, providers=[provider]), folder)
