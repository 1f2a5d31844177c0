"""Listening to fragments in a process of their own: librosa holds the interpreter, and would freeze the worker."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import signal
import subprocess
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from msgspec import Struct

from processors.music.audio import LONGEST, RATE, Audio, AudioError, AudioFormatError, decode
from processors.music.tagger import Fragment, Tagger

FFMPEG_SECONDS = 20.0

_PR_SET_PDEATHSIG = 1


class Listened(Struct, frozen=True):
    """A fragment, or why there is none."""

    fragment: Fragment | None
    error: str = ""


class Listener:
    """Decodes and tags in a child process; starts another when that one dies."""

    def __init__(self) -> None:
        self._pool = self._start()

    async def listen(self, value: bytes) -> Listened:
        """Listen to one fragment; a sound that kills the child is reported as unusable."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, _listen, value)
        except BrokenProcessPool:
            self._pool = self._start()
        try:
            return await loop.run_in_executor(self._pool, _listen, value)
        except BrokenProcessPool:
            self._pool = self._start()
            return Listened(None, f"these {len(value)} bytes ended the process that listened, twice")

    @staticmethod
    def _start() -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_load)
        pool.submit(_warm)
        return pool


_tagger: Tagger | None = None


def _load() -> None:
    global _tagger  # noqa: PLW0603 - one of each child process
    # Faust ends the worker without waiting for its children: this one must not stay behind.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _tagger = Tagger.load()


def _warm() -> None:
    """Librosa compiles what it needs on first use, which takes seconds: better now than at the first fragment."""
    import numpy as np  # noqa: PLC0415

    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    if _tagger is not None:
        _tagger.listen(Audio(np.clip(noise, -1, 1)))


def _listen(value: bytes) -> Listened:
    assert _tagger is not None  # noqa: S101 - the initializer ran
    try:
        try:
            audio = decode(value)
        except AudioFormatError as error:
            audio = decode(_with_ffmpeg(value, error))
        return Listened(_tagger.listen(audio))
    except AudioError as error:
        return Listened(None, str(error))


def _with_ffmpeg(value: bytes, error: AudioFormatError) -> bytes:
    """WAV of what libsndfile does not read; raises the first error again when ffmpeg does not read it either."""
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", "-t", str(LONGEST), "-ac", "1", "-ar", str(RATE)]
    command += ["-f", "wav", "pipe:1"]
    try:
        done = subprocess.run(command, input=value, capture_output=True, timeout=FFMPEG_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        raise error from None
    if done.returncode or not done.stdout:
        raise error
    return done.stdout
