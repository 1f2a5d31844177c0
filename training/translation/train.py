"""Train the translation network in a given time: resumable, in brain floats, one thread."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.translation.alignment import aligned_vectors, start_from
from training.translation.network import CrossEntropy, Shape, TranslationNetwork
from training.translation.pairs import FESTIVAL_SHARES, Pair, Split, fill, read_festival, split, vary
from training.translation.vocabulary import BEGIN, END, PADDING, TO_ENGLISH, TO_SPANISH

PEAK_RATE, WARM_UP_SHARE = 2e-3, 0.05
LABEL_SMOOTHING, PIECE_DROPOUT = 0.1, 0.05
UPDATE_TOKENS, BATCH_TOKENS = 2200, 1200
"""Word pieces of the target in one update, and most of either side in one pass."""
JOINED_SHARE = 0.06
"""Share of the samples that are two sentences, so that long ones are seen."""
FESTIVAL_REPEATS, TEMPLATE_REPEATS = 8, 20
"""Times that one of our own pairs is seen in an epoch, and one with slots, which is filled anew each time."""
AVERAGE_DECAY, AVERAGE_EVERY = 0.96, 10
CHECKPOINT_SECONDS = 120
SEED = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences whose sources are of one length."""

    source: Tensor
    """(n, length) int64 with the direction first and the end last."""
    before: Tensor
    """(n, target length) int64: begin, then the translation, padded."""
    after: Tensor
    """(n, target length) int64: the translation, then the end; -100 where padded."""
    tokens: int


def encode(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """Return the word pieces of texts; a space before the first word makes it like the others."""
    return [encoding.ids for encoding in tokenizer.encode_batch([" " + text for text in texts])]


def make_batches(
    tokenizer: Tokenizer, samples: list[tuple[str, str, str]], rng: np.random.Generator, piece_dropout: float = 0.0
) -> Iterator[Batch]:
    """Yield batches of (direction, source, target) in random order, each of one length of the source."""
    special = {name: tokenizer.token_to_id(name) for name in (BEGIN, END, PADDING, TO_ENGLISH, TO_SPANISH)}
    tokenizer.model.dropout = piece_dropout or None
    sources = encode(tokenizer, [source for _, source, _ in samples])
    tokenizer.model.dropout = None
    targets = encode(tokenizer, [target for _, _, target in samples])
    rows = [
        ([special[direction], *source, special[END]], target)
        for (direction, _, _), source, target in zip(samples, sources, targets, strict=True)
        if len(source) < 120 and len(target) < 120
    ]
    noise = rng.random(len(rows))
    order = sorted(range(len(rows)), key=lambda i: (len(rows[i][0]), len(rows[i][1]) + noise[i]))
    batches, current = [], list[int]()
    for i in order:
        fits = (
            current
            and len(rows[current[0]][0]) == len(rows[i][0])
            and (len(current) + 1) * max(len(rows[i][0]), len(rows[i][1]) + 1) <= BATCH_TOKENS
        )
        if current and not fits:
            batches.append([rows[k] for k in current])
            current = []
        current.append(i)
    batches.append([rows[k] for k in current])
    for i in rng.permutation(len(batches)):
        yield _batch(batches[i], special)


def _batch(rows: list[tuple[list[int], list[int]]], special: dict[str, int]) -> Batch:
    longest = max(len(target) for _, target in rows) + 1
    begin, end, padding = special[BEGIN], special[END], special[PADDING]
    before = [[begin, *target, *[padding] * (longest - 1 - len(target))] for _, target in rows]
    after = [[*target, end, *[-100] * (longest - 1 - len(target))] for _, target in rows]
    return Batch(
        torch.from_numpy(np.array([source for source, _ in rows])),
        torch.from_numpy(np.array(before)),
        torch.from_numpy(np.array(after)),
        sum(len(target) + 1 for _, target in rows),
    )


def both_ways(pairs: list[Pair]) -> list[tuple[str, str, str]]:
    """Return each pair as a sample in either direction."""
    return [(TO_SPANISH, english, spanish) for english, spanish in pairs] + [
        (TO_ENGLISH, spanish, english) for english, spanish in pairs
    ]


def epoch_samples(tatoeba: list[Pair], festival: list[Pair], rng: np.random.Generator) -> list[tuple[str, str, str]]:
    """Return the samples of one epoch: names and numbers varied, some sentences joined."""
    pairs = [vary(pair, rng) for pair in tatoeba]
    for pair in festival:
        repeats = TEMPLATE_REPEATS if "{" in pair[0] else FESTIVAL_REPEATS
        pairs += [fill(pair, rng) for _ in range(repeats)]
    partners = rng.integers(len(pairs), size=len(pairs))
    pairs = [
        (f"{pair[0]} {pairs[k][0]}", f"{pair[1]} {pairs[k][1]}") if rng.random() < JOINED_SHARE else pair
        for pair, k in zip(pairs, partners, strict=True)
    ]
    return both_ways(pairs)


def loss_of(network: TranslationNetwork, batch: Batch, smoothing: float) -> Tensor:
    """Return the summed cross-entropy of a batch."""
    values = network.decode(batch.before, network.encode(batch.source, None), None)
    kept = batch.after >= 0
    total: Tensor = CrossEntropy.apply(
        values[kept], network.pieces.weight, network.output_bias, batch.after[kept], smoothing
    )
    return total


@torch.no_grad()
def mean_loss(network: TranslationNetwork, batches: list[Batch]) -> float:
    """Return the mean cross-entropy per word piece, in nats."""
    network.eval()
    total = sum(float(loss_of(network, batch, 0.0)) for batch in batches)
    network.train()
    return total / sum(batch.tokens for batch in batches)


def rate_at(progress: float) -> float:
    """Return the learning rate: a linear rise, then a half cosine to nought."""
    if progress < WARM_UP_SHARE:
        return PEAK_RATE * (progress / WARM_UP_SHARE + 0.01)
    share = (progress - WARM_UP_SHARE) / (1 - WARM_UP_SHARE)
    return PEAK_RATE * max(0.003, 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


class Run:
    """Training for a number of minutes in all, summed over interruptions, with a running average of the weights.

    The network computes in brain floats (16 bits); the optimiser holds the weights in 32.
    """

    def __init__(self, network: TranslationNetwork, folder: Path, minutes: float) -> None:
        self.path, self.minutes = folder / "last.pt", minutes
        self.weights = {name: nn.Parameter(value.clone()) for name, value in network.named_parameters()}
        self.optimizer = torch.optim.AdamW(
            self.weights.values(), lr=PEAK_RATE, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.01, fused=True
        )
        self.average = {name: value.detach().clone() for name, value in self.weights.items()}
        self.steps, self.epoch, earlier = 0, 0, 0.0
        if self.path.exists():
            state = torch.load(self.path, weights_only=True)
            for name, value in state["network"].items():
                self.weights[name].data.copy_(value)
            self.optimizer.load_state_dict(state["optimizer"])
            self.average, self.steps, self.epoch, earlier = (
                state["average"],
                state["steps"],
                state["epoch"],
                state["seconds"],
            )
        self.network = network.bfloat16()
        self._publish()
        self._start, self._saved = time.monotonic() - earlier, earlier

    @torch.no_grad()
    def _publish(self) -> None:
        for name, parameter in self.network.named_parameters():
            parameter.copy_(self.weights[name])

    @property
    def progress(self) -> float:
        """Share of the time that is over."""
        return (time.monotonic() - self._start) / (60 * self.minutes)

    def step(self, tokens: int) -> None:
        """Update the weights by the gradients of `tokens` word pieces."""
        for name, parameter in self.network.named_parameters():
            if parameter.grad is not None:
                self.weights[name].grad = parameter.grad.float().div_(tokens)
                parameter.grad = None
        nn.utils.clip_grad_norm_(self.weights.values(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.progress)
        self.optimizer.step()
        self._publish()
        self.steps += 1
        if self.steps % AVERAGE_EVERY == 0:
            for name, value in self.weights.items():
                self.average[name].lerp_(value.detach(), 1 - AVERAGE_DECAY)
        if time.monotonic() - self._start - self._saved > CHECKPOINT_SECONDS:
            self.save()

    def save(self) -> None:
        """Write everything that a later run needs."""
        self._saved = time.monotonic() - self._start
        state = {
            "network": {name: value.detach() for name, value in self.weights.items()},
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "steps": self.steps,
            "epoch": self.epoch,
            "seconds": self._saved,
            "shape": asdict(self.network.shape),
        }
        torch.save(state, self.path.with_suffix(".tmp"))
        self.path.with_suffix(".tmp").replace(self.path)


def updates(run: Run, batches: Iterator[Batch]) -> Iterator[tuple[float, int]]:
    """Learn from batches until the time is over; yield the loss and the tokens of each update."""
    total, tokens = 0.0, 0
    for batch in batches:
        loss = loss_of(run.network, batch, LABEL_SMOOTHING)
        loss.backward()  # type: ignore[no-untyped-call]
        total, tokens = total + float(loss.detach()), tokens + batch.tokens
        if tokens >= UPDATE_TOKENS:
            run.step(tokens)
            yield total / tokens, tokens
            total, tokens = 0.0, 0
            if run.progress >= 1:
                return


def train(tatoeba: Split, tokenizer: Tokenizer, shape: Shape, minutes: float, folder: Path) -> None:
    """Train until `minutes` are over; our own pairs are read anew each epoch."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    network = TranslationNetwork(shape)
    if not (folder / "last.pt").exists():
        start_from(network, aligned_vectors(tokenizer, tatoeba.train, shape.width))
    run = Run(network, folder, minutes)
    run.network.train()
    dev_rng = np.random.default_rng(SEED)
    dev = list(make_batches(tokenizer, both_ways(tatoeba.dev[:700]), dev_rng))
    print(json.dumps({"parameters": sum(p.numel() for p in run.network.parameters()), "step": run.steps}), flush=True)
    while run.progress < 1:
        rng = np.random.default_rng([SEED, run.epoch, run.steps])
        festival = split(read_festival(), *FESTIVAL_SHARES)
        samples = epoch_samples(tatoeba.train, festival.train, rng)
        batches = make_batches(tokenizer, samples, rng, PIECE_DROPOUT)
        print(json.dumps({"epoch": run.epoch, "samples": len(samples), "festival": len(festival.train)}), flush=True)
        losses, tokens, begin = list[float](), 0, time.monotonic()
        for loss, count in updates(run, batches):
            losses.append(loss)
            tokens += count
            if run.steps % 50 == 0:
                line = {"step": run.steps, "progress": round(run.progress, 4), "loss": round(float(np.mean(losses)), 4)}
                line["tokens_per_second"] = round(tokens / (time.monotonic() - begin))
                print(json.dumps(line), flush=True)
                losses, tokens, begin = [], 0, time.monotonic()
        run.epoch += 1
        print(json.dumps({"epoch_done": run.epoch, "dev_loss": round(mean_loss(run.network, dev), 4)}), flush=True)
        run.save()
    torch.save({"network": run.average, "shape": asdict(shape)}, folder / "network.pt")
