"""Analysis of sound fragments in a child process: librosa holds the interpreter lock and would block the worker."""

from __future__ import annotations

import asyncio
import io
import logging
import multiprocessing
import os
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import librosa
import numpy as np
import soundfile
from msgspec import Struct

from processors.models.drift import DriftMonitor, read_reference
from processors.music.audio import AudioError, read_mono
from processors.music.sliding_window import SlidingWindow
from processors.music.tagger import AnalyzedFragment, Tagger
from schemas.ids import StageId
from stream.features.music.compiled_code import (
    CACHE_VARIABLE,
    compilation_lock,
    copy_shipped_code,
    is_complete,
    mark_complete,
)
from stream.runtime.child_process import die_with_parent

log = logging.getLogger(__name__)

WARM_UP_SECONDS, WARM_UP_RATE = 12, 24_000
"""Length (s) and sampling rate (Hz) of the warm-up sound. The models' rate differs, so resampling is compiled, too."""

MAX_CACHED_STAGES = 32
"""Number of stages whose last windows are cached, some 9 MB each; those of a dropped stage are computed anew."""


class FragmentAnalysis(Struct, frozen=True):
    """Result of one fragment.

    Attributes:
        fragment: tags and loudness; None where the fragment can't be used.
        error: reason why it can't be used; empty otherwise.
        died: whether its bytes ended the child process.
    """

    fragment: AnalyzedFragment | None
    error: str = ""
    died: bool = False


class FragmentAnalyzerProcess:
    """Child process that decodes and tags fragments; it is replaced when it dies.

    Attributes:
        identity: identity of the models, as results quote it.
        drift: drift monitor of each classifier that has a reference, over the fragments analyzed here.
    """

    def __init__(self, folders: Mapping[str, Path] | None = None) -> None:
        """Start the child and wait some seconds until it is warm, so that the first fragment takes as long as others.

        Args:
            folders: folders of the models by name; the shipped models if left out.

        Raises:
            ModelError: A model is incomplete.
            BrokenProcessPool: The models end the process.
        """
        self._folders = dict(folders or {})
        Tagger.load(self._folders)  # a child that can't load them could not report why
        references = {name: read_reference(folder) for name, folder in self._folders.items()}
        self.drift = {name: DriftMonitor(reference) for name, reference in references.items() if reference}
        self._own_cache: tempfile.TemporaryDirectory[str] | None = None
        self._pool = self._start()
        try:
            self.identity = self._pool.submit(_warm_up).result()
        except BrokenProcessPool:
            # A process that was killed while it compiled may leave a cache that crashes its readers (numba 10128).
            log.warning(
                "the process that analyzes sound died during warm-up; continuing without numba's cache. "
                "To repair the cache, remove %s",
                _compiled_code(),
            )
            self._own_cache = tempfile.TemporaryDirectory(prefix="pulso-numba-", ignore_cleanup_errors=True)
            self._pool = self._start()
            self.identity = self._pool.submit(_warm_up).result()

    @property
    def has_own_cache(self) -> bool:
        """True where numba's cache could not be used."""
        return self._own_cache is not None

    async def analyze(self, value: bytes, stage: StageId) -> FragmentAnalysis:
        """Analyze one fragment of a stage; a sound that ends the child twice is reported as unusable.

        The overlap with the stage's previous fragment is not computed again. It is cached in the child only: after a
        restart the first fragment is computed as a whole.

        Args:
            value: encoded sound.
            stage: id of the stage.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, _analyze, value, stage)
        except BrokenProcessPool:
            self._pool = self._start()
        try:
            return await loop.run_in_executor(self._pool, _analyze, value, stage)
        except BrokenProcessPool:
            self._pool = self._start()
            error = f"these {len(value)} bytes ended the process that analyzes sound, twice"
            return FragmentAnalysis(None, error, died=True)

    def close(self) -> None:
        """End the child after its current fragment."""
        self._pool.shutdown(wait=False)
        if self._own_cache is not None:
            self._own_cache.cleanup()

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        own_cache = None if self._own_cache is None else self._own_cache.name
        return ProcessPoolExecutor(1, mp_context=context, initializer=partial(_load, self._folders, own_cache))


def compile_ahead() -> None:
    """Compile what the analysis of sound uses, some 40 s on one core, unless that was done.

    Raises:
        ModelError: A shipped model is incomplete.
    """
    if is_complete():
        return
    analyzer = FragmentAnalyzerProcess()
    if not analyzer.has_own_cache:
        mark_complete()
    analyzer.close()


def _compiled_code() -> str:
    """Return the folders in which numba stores what it compiled of librosa."""
    return os.environ.get(CACHE_VARIABLE) or f"every __pycache__ below {Path(librosa.__file__).parent}"


_tagger: Tagger | None = None
_windows: OrderedDict[StageId, SlidingWindow] = OrderedDict()


def _loaded_tagger() -> Tagger:
    if _tagger is None:
        raise RuntimeError("the initializer of the child process did not run")
    return _tagger


def _load(folders: Mapping[str, Path], own_cache: str | None = None) -> None:
    global _tagger  # noqa: PLW0603 - one in each child process
    # Faust ends the worker without waiting for its children: this one must not outlive it.
    die_with_parent()
    if own_cache is not None:
        os.environ[CACHE_VARIABLE] = own_cache  # numba is not imported yet
    _tagger = Tagger.load(folders)


def warm_up_sound() -> bytes:
    """Return a drum in noise as FLAC; beat tracking is compiled only for sound with a beat."""
    time = np.arange(WARM_UP_SECONDS * WARM_UP_RATE) / WARM_UP_RATE
    drum = 0.6 * np.sin(2 * np.pi * 60 * time) * np.exp(-12 * (time % 0.5))
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, time.size)
    file = io.BytesIO()
    soundfile.write(file, drum + noise, WARM_UP_RATE, format="FLAC")
    return file.getvalue()


def _warm_up() -> str:
    """Let librosa compile its functions, which takes seconds, and return the identity of the models."""
    with compilation_lock():
        copy_shipped_code()
        _analyze(warm_up_sound(), StageId(""))
    _windows.clear()
    return _loaded_tagger().identity


def _analyze(value: bytes, stage: StageId) -> FragmentAnalysis:
    tagger = _loaded_tagger()
    window = _windows.pop(stage, None) or SlidingWindow(tagger.sound)
    _windows[stage] = window
    if len(_windows) > MAX_CACHED_STAGES:
        _windows.popitem(last=False)
    try:
        return FragmentAnalysis(tagger.analyze_window(window, *read_mono(value)))
    except AudioError as error:
        return FragmentAnalysis(None, str(error))
