"""Export of the violence network: one ONNX graph, and its model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
import yaml
from torch import Tensor, nn

from processors.models.inference import ModelCard, sha256_of
from processors.violence.motion import HEIGHT, MOTION_HEIGHT, MOTION_WIDTH, WIDTH
from training.violence.features import FEATURE_NAMES, FeatureExtractor
from training.violence.network import Head


class ViolenceNetwork(nn.Module):
    """Front and heads as exported: pictures, flow and memory in; logits and the next memory out.

    All but the memory have the axes (steps, cameras), so that one graph processes a frame of each of many cameras or a
    whole clip, and a test can show that both are equal. Several heads are an ensemble: their memories are concatenated,
    and their logits averaged by kind, then over the kinds.
    """

    def __init__(self, sight: FeatureExtractor, heads: list[Head]) -> None:
        super().__init__()
        self.sight = sight
        self.heads = nn.ModuleList(heads)
        heads_by_kind: dict[type[Head], list[int]] = {}
        for index, head in enumerate(heads):
            heads_by_kind.setdefault(type(head), []).append(index)
        self.kinds = list(heads_by_kind.values())
        self.recurrent = nn.ModuleList([_gru_over_steps(head.gates) for head in heads])

    def forward(self, previous: Tensor, current: Tensor, flow: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        steps, cameras = previous.shape[0], previous.shape[1]
        outputs = self.sight(previous.flatten(0, 1), current.flatten(0, 1), flow.flatten(0, 1))
        features = dict(zip(FEATURE_NAMES, outputs, strict=True))
        logits, memories = [], []
        for head, recurrent, part in zip(self.heads, self.recurrent, memory.chunk(len(self.heads), 1), strict=True):
            rows = head.embed(*(features[name] for name in head.feature_names))
            hidden, last = recurrent(rows.reshape(steps, cameras, rows.shape[1]), part.unsqueeze(0).contiguous())
            logits.append(head.out(hidden).squeeze(2))
            memories.append(last.squeeze(0))
        means = [torch.stack([logits[index] for index in indices]).mean(0) for indices in self.kinds]
        return torch.stack(means).mean(0), torch.cat(memories, 1)


def _gru_over_steps(cell: nn.GRUCell) -> nn.GRU:
    """Return the recurrence as one operation over many steps, for which ONNX has an operator."""
    recurrent = nn.GRU(cell.input_size, cell.hidden_size)
    weights = {f"{name}_l0": tensor for name, tensor in cell.state_dict().items()}
    recurrent.load_state_dict(weights)
    return recurrent


def export(weights: Path, heads: list[Head], file: Path) -> int:
    """Write the graph and check it against torch to 1e-3 of a logit; return the number of parameters."""
    network = ViolenceNetwork(FeatureExtractor(weights), [head.eval() for head in heads]).eval()
    hidden = heads[0].gates.hidden_size * len(heads)
    rng = np.random.default_rng(0)
    inputs = {
        "previous": torch.from_numpy(rng.integers(0, 256, (2, 3, HEIGHT, WIDTH), dtype=np.uint8)),
        "current": torch.from_numpy(rng.integers(0, 256, (2, 3, HEIGHT, WIDTH), dtype=np.uint8)),
        "flow": torch.from_numpy(rng.normal(size=(2, 3, 2, MOTION_HEIGHT, MOTION_WIDTH)).astype(np.float32)),
        "memory": torch.from_numpy(rng.uniform(-1, 1, (3, hidden)).astype(np.float32)),
    }
    outputs = ["logit", "next_memory"]
    torch.onnx.export(
        network,
        tuple(inputs.values()),
        file,
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes={
            name: {0: "cameras"} if "memory" in name else {0: "steps", 1: "cameras"} for name in [*inputs, *outputs]
        },
        dynamo=False,
    )
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = network(*inputs.values())
    for name, torch_output, onnx_output in zip(
        outputs, expected, session.run(outputs, {k: v.numpy() for k, v in inputs.items()}), strict=True
    ):
        error = float(np.abs(torch_output.numpy() - onnx_output).max())
        if error > 1e-3:
            raise RuntimeError(f"{file}: {name} differs from torch by {error:.1e}; do not ship it")
    frozen_parameters = sum(parameter.numel() for parameter in network.sight.parameters())
    return frozen_parameters + sum(parameter.numel() for head in heads for parameter in head.parameters())


def write_card(folder: Path, **fields: Any) -> None:
    """Validate the card of `folder/model.onnx` and write it."""
    card = ModelCard(sha256=sha256_of(folder / "model.onnx"), **fields)
    text = yaml.safe_dump(card.model_dump(), sort_keys=False, allow_unicode=True, width=110)
    (folder / "card.yaml").write_text(text, encoding="utf-8")
