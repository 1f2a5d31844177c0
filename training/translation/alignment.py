"""First vectors of the word pieces, from which pieces stand in translations of each other.

The positive pointwise mutual information of a piece in the English sentence and one in the Spanish sentence, factored
(Levy and Goldberg, 2014, across languages): pieces that translate each other begin near to each other.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import eigsh
from tokenizers import Tokenizer
from torch import nn

from training.translation.network import TranslationNetwork
from training.translation.pairs import Pair


def _incidence(rows: list[list[int]], size: int) -> csr_matrix:
    sets = [sorted(set(row)) for row in rows]
    starts = np.cumsum([0, *map(len, sets)])
    columns = np.array([piece for row in sets for piece in row])
    return csr_matrix((np.ones(len(columns), dtype=np.float32), columns, starts), shape=(len(rows), size))


def aligned_vectors(tokenizer: Tokenizer, pairs: list[Pair], width: int) -> NDArray[np.float32]:
    """Return (pieces, width) float32 vectors of mean squared length 1; pieces that were never seen are random."""
    size = tokenizer.get_vocab_size()
    english = _incidence([e.ids for e in tokenizer.encode_batch([" " + pair[0] for pair in pairs])], size)
    spanish = _incidence([e.ids for e in tokenizer.encode_batch([" " + pair[1] for pair in pairs])], size)
    counts = (english.T @ spanish).tocoo()
    english_counts = np.asarray(english.sum(axis=0)).ravel()
    spanish_counts = np.asarray(spanish.sum(axis=0)).ravel()
    discount = counts.data / (counts.data + 2)
    expected = english_counts[counts.row] * spanish_counts[counts.col] / len(pairs)
    information = np.maximum(np.log(counts.data / expected), 0) * discount
    one_way = csr_matrix((information, (counts.row, counts.col)), shape=(size, size))
    values, vectors = eigsh(
        (one_way + one_way.T).astype(np.float32), k=width, which="LA", tol=1e-2, v0=np.ones(size, dtype=np.float32)
    )
    table = vectors * np.sqrt(np.maximum(values, 0))
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    noise = np.random.default_rng(1).standard_normal(table.shape) * width**-0.5
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((width, width)))[0]
    table = np.where(lengths > 1e-3, table / np.maximum(lengths, 1e-3), noise) @ turn
    return (0.95 * table + 0.3 * noise).astype(np.float32)


@torch.no_grad()
def start_from(network: TranslationNetwork, vectors: NDArray[np.float32]) -> None:
    """Begin with these vectors, and with attention over the source that hands its vectors on as they are."""
    network.pieces.weight.copy_(torch.from_numpy(vectors))
    width = network.shape.width
    for layer in network.decoder:
        attention = layer.memory_attention
        attention.key_value.weight[width:].mul_(0.2).add_(torch.eye(width))
        attention.output.weight.mul_(0.2).add_(torch.eye(width))
    for parameter_name, parameter in network.named_parameters():
        if parameter_name.endswith(("fall.weight", "attention.output.weight")) and "memory" not in parameter_name:
            nn.init.xavier_uniform_(parameter, gain=0.5)
