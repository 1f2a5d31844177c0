"""Convert the trained network for CTranslate2 in 8 bits, and compare its outputs with those of the training."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import ctranslate2
import torch
from ctranslate2.specs import TransformerSpec
from tokenizers import Tokenizer

from training.translation.network import Shape, TranslationNetwork, position_encodings
from training.translation.vocabulary import BEGIN, END

Weights = dict[str, torch.Tensor]


def load_network(path: Path) -> TranslationNetwork:
    """Read the averaged weights (or the last ones of a checkpoint's average) into a network in 32 bits."""
    state = torch.load(path, weights_only=True)
    network = TranslationNetwork(Shape(**state["shape"]))
    network.load_state_dict(state.get("average", state["network"]))
    return network.eval()


def _linear(spec: Any, weights: Weights, *names: str) -> None:
    spec.weight = torch.cat([weights[f"{name}.weight"] for name in names]).numpy()
    spec.bias = torch.cat([weights[f"{name}.bias"] for name in names]).numpy()


def _norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"].numpy(), weights[f"{name}.bias"].numpy()


def _self_attention(spec: Any, weights: Weights, layer: str) -> None:
    _norm(spec.layer_norm, weights, f"{layer}.attention_norm")
    _linear(spec.linear[0], weights, f"{layer}.attention.query", f"{layer}.attention.key_value")
    _linear(spec.linear[1], weights, f"{layer}.attention.output")


def _feed_forward(spec: Any, weights: Weights, layer: str) -> None:
    _norm(spec.layer_norm, weights, f"{layer}.feed_norm")
    _linear(spec.linear_0, weights, f"{layer}.feed.rise")
    _linear(spec.linear_1, weights, f"{layer}.feed.fall")


def spec_of(network: TranslationNetwork, tokenizer: Tokenizer) -> TransformerSpec:
    """Return the network as CTranslate2 describes it."""
    shape, weights = network.shape, {name: value.float().clone() for name, value in network.state_dict().items()}
    spec = TransformerSpec.from_config((shape.encoder_layers, shape.decoder_layers), shape.heads, pre_norm=True)
    table, places = weights["pieces.weight"].numpy(), position_encodings(shape.longest, shape.width).numpy()
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = table
    spec.encoder.position_encodings.encodings = spec.decoder.position_encodings.encodings = places
    spec.decoder.projection.weight, spec.decoder.projection.bias = table, weights["output_bias"].numpy()
    for number, layer in enumerate(spec.encoder.layer):
        _self_attention(layer.self_attention, weights, f"encoder.{number}")
        _feed_forward(layer.ffn, weights, f"encoder.{number}")
    for number, layer in enumerate(spec.decoder.layer):
        name = f"decoder.{number}"
        _self_attention(layer.self_attention, weights, name)
        _norm(layer.attention.layer_norm, weights, f"{name}.memory_norm")
        _linear(layer.attention.linear[0], weights, f"{name}.memory_attention.query")
        _linear(layer.attention.linear[1], weights, f"{name}.memory_attention.key_value")
        _linear(layer.attention.linear[2], weights, f"{name}.memory_attention.output")
        _feed_forward(layer.ffn, weights, name)
    _norm(spec.encoder.layer_norm, weights, "encoder_norm")
    _norm(spec.decoder.layer_norm, weights, "decoder_norm")
    pieces = [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]
    spec.register_source_vocabulary(pieces)
    spec.register_target_vocabulary(pieces)
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = BEGIN, END, "<unk>"
    spec.config.decoder_start_token = BEGIN
    return spec


def convert(network: TranslationNetwork, tokenizer_file: Path, folder: Path, quantization: str | None = "int8") -> None:
    """Write model.bin, the vocabulary and the tokenizer."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    spec = spec_of(network, tokenizer)
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    shutil.copyfile(tokenizer_file, folder / "tokenizer.json")


@torch.no_grad()
def greedy(network: TranslationNetwork, tokenizer: Tokenizer, sentence: str, direction: str) -> list[int]:
    """Return the pieces that the network itself writes, each the likeliest."""
    begin, end = tokenizer.token_to_id(BEGIN), tokenizer.token_to_id(END)
    source = torch.tensor([[tokenizer.token_to_id(direction), *tokenizer.encode(" " + sentence).ids, end]])
    memory, written = network.encode(source, None), [begin]
    while len(written) < 121:
        values = network.decode(torch.tensor([written]), memory, None)
        written.append(int(network.scores(values[0, -1]).argmax()))
        if written[-1] == end:
            break
    return [piece for piece in written[1:] if piece != end]


def agreement(network: TranslationNetwork, folder: Path, sentences: list[tuple[str, str]]) -> float:
    """Return the share of (direction, sentence) that CTranslate2 translates piece for piece as the network does."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    engine = ctranslate2.Translator(str(folder), device="cpu", compute_type="default", intra_threads=1)
    same = 0
    for direction, sentence in sentences:
        pieces = [direction, *tokenizer.encode(" " + sentence).tokens, END]
        result = engine.translate_batch([pieces], beam_size=1, max_decoding_length=120)[0].hypotheses[0]
        same += [tokenizer.token_to_id(piece) for piece in result] == greedy(network, tokenizer, sentence, direction)
    return same / len(sentences)
