"""Cutting of speech at pauses, with probabilities given instead of a network."""

from __future__ import annotations

import numpy as np
import pytest

from processors.captions.speech_cutter import SpeechCutter, SpeechPiece
from processors.captions.voice_activity import SAMPLE_RATE, WINDOW, Samples

WINDOW_SECONDS = WINDOW / SAMPLE_RATE


def cut(*parts: tuple[float, float], block: int = 2_048) -> list[SpeechPiece]:
    """Return the pieces of a sound whose samples are the probabilities, given as seconds and probability."""
    sound = np.concatenate([np.full(round(seconds / WINDOW_SECONDS) * WINDOW, score) for seconds, score in parts])
    cutter = SpeechCutter(lambda samples: samples.reshape(-1, WINDOW)[:, 0])
    pieces = [
        piece for at in range(0, len(sound), block) for piece in cutter.add(sound[at : at + block].astype(np.float32))
    ]
    return [*pieces, *cutter.finish()]


def seconds(piece: SpeechPiece) -> tuple[float, float]:
    return round(piece.begin / SAMPLE_RATE, 1), round(piece.end / SAMPLE_RATE, 1)


def test_silence_makes_no_piece() -> None:
    assert cut((20, 0.1)) == []


def test_click_makes_no_piece() -> None:
    assert cut((2, 0), (0.1, 0.9), (2, 0)) == []


def test_speech_between_pauses_is_a_piece_with_margins() -> None:
    pieces = cut((2, 0), (2, 0.9), (1, 0), (1, 0.9), (1, 0))
    assert [seconds(piece) for piece in pieces] == [(1.8, 4.2), (4.8, 6.1)]
    assert all(piece.end - piece.begin == len(piece.samples) for piece in pieces)


def test_short_pause_does_not_cut_a_short_piece() -> None:
    assert len(cut((1, 0.9), (0.3, 0), (1, 0.9), (1, 0))) == 1


def test_short_pause_cuts_a_long_piece() -> None:
    assert len(cut((4, 0.9), (0.3, 0), (1, 0.9), (1, 0))) == 2


def test_speech_without_a_pause_is_cut_where_one_is_likeliest() -> None:
    pieces = cut((5, 0.9), (0.1, 0.4), (5, 0.9), (1, 0))
    assert all(len(piece.samples) <= 6.1 * SAMPLE_RATE for piece in pieces)
    assert pieces[0].end / SAMPLE_RATE == pytest.approx(5.05, abs=0.1)


def test_cut_speech_loses_no_sample() -> None:
    pieces = cut((30, 0.9))
    assert [one.end for one in pieces[:-1]] == [one.begin for one in pieces[1:]]
    assert sum(len(one.samples) for one in pieces) == round(30 / WINDOW_SECONDS) * WINDOW


def test_speech_at_the_end_of_the_stream_is_a_piece() -> None:
    assert [seconds(piece) for piece in cut((1, 0), (1, 0.9))] == [(0.8, 2.0)]


@pytest.mark.parametrize("block", [100, 512, 7_777])
def test_pieces_do_not_depend_on_the_size_of_blocks(block: int) -> None:
    parts = ((1, 0.0), (3, 0.9), (0.7, 0.1), (9, 0.8), (2, 0.0))
    assert [(one.begin, one.end) for one in cut(*parts, block=block)] == [(one.begin, one.end) for one in cut(*parts)]


def test_silence_is_forgotten() -> None:
    cutter = SpeechCutter(lambda samples: np.zeros(len(samples) // WINDOW, np.float32))
    silence: Samples = np.zeros(SAMPLE_RATE, np.float32)
    for _ in range(60):
        assert list(cutter.add(silence)) == []
    assert len(cutter._sound) < SAMPLE_RATE
