"""Listening to fragments in a process of their own: librosa holds the interpreter, and would freeze the worker."""

from __future__ import annotations

import asyncio
import fcntl
import io
import logging
import multiprocessing
import os
import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import librosa
import numpy as np
import soundfile
from msgspec import Struct

from processors.models.drift import DriftMonitor, read_reference
from processors.music.audio import MAX_SECONDS, AudioError, AudioFormatError, read_mono
from processors.music.sliding_window import SlidingWindow
from processors.music.tagger import AnalyzedFragment, Tagger
from stream.runtime.child_process import die_with_parent
from stream.sources.ffmpeg import bytes_to_wav

log = logging.getLogger(__name__)

WARM_SECONDS, WARM_RATE = 12, 24_000
"""of sound, at another rate than the models', so that what resamples is warm too"""

CACHE = "NUMBA_CACHE_DIR"
"""environment variable that says where numba keeps what it compiled; beside librosa if it is not set"""

STAGES = 32
"""whose last windows are kept, some 9 MB each; one that is forgotten is described anew"""


class Listened(Struct, frozen=True):
    """A fragment, or why there is none; `died` where its bytes ended the process that listened."""

    fragment: AnalyzedFragment | None
    error: str = ""
    died: bool = False


class Listener:
    """Decodes and tags in a child process; starts another when that one dies.

    It is made when the child is warm, after some seconds, so that the first fragment takes no longer than others.

    Args:
        folders: of the models; the shipped ones if left out.

    Attributes:
        identity: of the models, as results quote it.
        drift: of each classifier that has a reference, as far as this listener heard.

    Raises:
        ModelError, BrokenProcessPool: the models can't be used.
    """

    def __init__(self, folders: Mapping[str, Path] | None = None) -> None:
        self._folders = dict(folders or {})
        Tagger.load(self._folders)  # a child that can't load them could not say why
        references = {name: read_reference(folder) for name, folder in self._folders.items()}
        self.drift = {name: DriftMonitor(reference) for name, reference in references.items() if reference}
        self._own_cache: tempfile.TemporaryDirectory[str] | None = None
        self._pool = self._start()
        try:
            self.identity = self._pool.submit(_warm).result()
        except BrokenProcessPool:
            # A process that was killed while it compiled may leave a cache that ends whoever uses it (numba 10128).
            log.warning("the process that listens died as it warmed up: going on without numba's cache.")
            log.warning("to mend that, remove %s", _cache())
            self._own_cache = tempfile.TemporaryDirectory(prefix="pulso-numba-", ignore_cleanup_errors=True)
            self._pool = self._start()
            self.identity = self._pool.submit(_warm).result()

    async def listen(self, value: bytes, stage: str) -> Listened:
        """Listen to one fragment of a stage; a sound that kills the child is reported as unusable.

        What it shares with the stage's fragment before is not computed again. That is kept in the child alone: after a
        restart the first fragment is described anew.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, _listen, value, stage)
        except BrokenProcessPool:
            self._pool = self._start()
        try:
            return await loop.run_in_executor(self._pool, _listen, value, stage)
        except BrokenProcessPool:
            self._pool = self._start()
            return Listened(None, f"these {len(value)} bytes ended the process that listened, twice", died=True)

    def close(self) -> None:
        """End the child, after what it listens to now."""
        self._pool.shutdown(wait=False)
        if self._own_cache is not None:
            self._own_cache.cleanup()

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        own_cache = None if self._own_cache is None else self._own_cache.name
        return ProcessPoolExecutor(1, mp_context=context, initializer=partial(_load, self._folders, own_cache))


def _cache() -> str:
    """Where numba keeps what it compiled of librosa."""
    return os.environ.get(CACHE) or f"every __pycache__ below {Path(librosa.__file__).parent}"


_tagger: Tagger | None = None
_sliding: OrderedDict[str, SlidingWindow] = OrderedDict()


def _load(folders: Mapping[str, Path], own_cache: str | None = None) -> None:
    global _tagger  # noqa: PLW0603 - one of each child process
    # Faust ends the worker without waiting for its children: this one must not stay behind.
    die_with_parent()
    if own_cache is not None:
        os.environ[CACHE] = own_cache  # nothing of numba is imported yet
    _tagger = Tagger.load(folders)


def warm_sound() -> bytes:
    """A drum in noise: what follows a beat is compiled only where there is one."""
    time = np.arange(WARM_SECONDS * WARM_RATE) / WARM_RATE
    drum = 0.6 * np.sin(2 * np.pi * 60 * time) * np.exp(-12 * (time % 0.5))
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, time.size)
    file = io.BytesIO()
    soundfile.write(file, drum + noise, WARM_RATE, format="FLAC")
    return file.getvalue()


def _warm() -> str:
    """Identity of the models. Librosa compiles what it needs on first use, which takes seconds: now, not later."""
    with _alone():
        _listen(warm_sound(), "")
    _sliding.clear()
    assert _tagger is not None  # noqa: S101 - the initializer ran
    return _tagger.identity


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time: two that fill numba's cache at once may break it (numba 4807, 10128)."""
    # Several checkouts may share one cache, so the lock lies with it.
    cache = Path(os.environ[CACHE]) if os.environ.get(CACHE) else Path(__file__).parent
    cache.mkdir(parents=True, exist_ok=True)
    folder = os.open(cache, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _listen(value: bytes, stage: str) -> Listened:
    assert _tagger is not None  # noqa: S101 - the initializer ran
    sliding = _sliding.pop(stage, None) or SlidingWindow(_tagger.sound)
    _sliding[stage] = sliding
    if len(_sliding) > STAGES:
        _sliding.popitem(last=False)
    try:
        try:
            raw, rate = read_mono(value)
        except AudioFormatError as error:
            wav = bytes_to_wav(value, seconds=MAX_SECONDS)
            if wav is None:
                raise error from None
            raw, rate = read_mono(wav)
        return Listened(_tagger.analyze_window(sliding, raw, rate))
    except AudioError as error:
        return Listened(None, str(error))
