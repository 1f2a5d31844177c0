"""Listening in a process of its own: windows of several stages that overlap, each followed for itself."""

from __future__ import annotations

import asyncio
import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from processors.music.audio import decode
from processors.music.tagger import Tagger
from stream.sound import Listener

RATE = 24_000


def flac(sound: NDArray[np.float64]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def test_stages_are_followed_apart_and_bad_sound_disturbs_none() -> None:
    time = np.arange(25 * RATE) / RATE
    struck = np.exp(-5 * (time % 0.5))
    noise = np.random.default_rng(0).normal(0, 0.01, len(time))
    stages = {name: 0.2 * np.sin(2 * np.pi * pitch * time) * struck + noise for name, pitch in (("a", 220), ("b", 880))}
    tagger, listener = Tagger.load(), Listener()

    async def run() -> None:
        for end in (15, 20, 25):
            for name, sound in stages.items():
                value = flac(sound[(end - 15) * RATE : end * RATE])
                listened, alone = await listener.listen(value, name), tagger.listen(decode(value))
                assert listened.fragment is not None
                assert listened.fragment.tags is not None
                assert alone.tags is not None
                assert abs(listened.fragment.loudness - alone.loudness) < 0.05
                # Onsets are counted in frames that lie a little elsewhere.
                for statistic, value_ in alone.tags.statistics.items():
                    assert abs(listened.fragment.tags.statistics[statistic] - value_) < 0.2 * abs(value_) + 0.02
                broken = await listener.listen(b"RIFF" + bytes(100), name)
                assert broken.fragment is None
                assert "cut-off WAV" in broken.error

    try:
        asyncio.run(run())
    finally:
        listener.close()
