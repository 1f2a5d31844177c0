"""Speech recognition beside the event loop: one thread, which CTranslate2 leaves the interpreter to the worker."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import soundfile
from msgspec import Struct

from processors.captions.transcriber import SpeechModelError, Transcriber, Transcript
from processors.captions.translation import TranslationExtraError, Translator
from processors.captions.voice_activity import SAMPLE_RATE, Samples
from processors.models.inference import models_folder
from schemas.captions import Language
from schemas.errors import PulsoError
from stream.runtime.settings import Settings

log = logging.getLogger(__name__)

MAX_SECONDS = 30.0
"""Longest piece that is understood; sources cut at six seconds."""


class SpeechSoundError(PulsoError, ValueError):
    """The bytes are no sound, or too long."""


class TextTranslator(Protocol):
    """Translates texts from one language into another."""

    def translate(
        self, texts: Sequence[str], source: Language, target: Language, *, names: Sequence[str] = ()
    ) -> list[str]:
        """Return a translation of each text, in which `names` stay as they are."""
        ...


class Heard(Struct, frozen=True):
    """Result of one piece: its transcript with names corrected, and the translation; None where nothing translates."""

    transcript: Transcript
    text: str
    translation: str | None


class SpeechRecognizer:
    """Transcribes and translates, in a thread of its own.

    Args:
        open_model: opens the Whisper model; called in the thread, when the first piece comes.
        open_translator: opens the text translator; None where there is none.
    """

    def __init__(
        self, open_model: Callable[[], Transcriber], open_translator: Callable[[], TextTranslator | None] = lambda: None
    ) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="captions")
        self._open_model, self._open_translator = open_model, open_translator
        self._model: Transcriber | None = None
        self._translator: TextTranslator | None = None
        self._opened = False

    @property
    def identity(self) -> str:
        """Return the identity of the model; empty before the first piece."""
        return "" if self._model is None else self._model.identity

    async def warm_up(self) -> None:
        """Open the models.

        Raises:
            SpeechModelError: there is no usable model.
        """
        await asyncio.get_running_loop().run_in_executor(self._executor, self._models)

    async def hear(
        self,
        samples: Samples,
        language: Language | None,
        *,
        hints: Sequence[str],
        names: Sequence[str],
        correct: Callable[[str], str],
    ) -> Heard:
        """Transcribe a piece, correct names in it, and translate it.

        Args:
            samples: 16 kHz, mono.
            language: of the piece; None: it is recognised.
            hints: names that the decoder expects.
            names: names that a translation keeps.
            correct: puts names right that were misheard.

        Raises:
            SpeechModelError: there is no usable model.
        """

        def work() -> Heard:
            model, translator = self._models()
            found = model.transcribe(samples, language, names=hints, translate=translator is None)
            text = correct(found.text)
            if found.refused:
                return Heard(found, text, None)
            translation = _translation(translator, text, found.language, names)
            return Heard(found, text, translation or found.translation or None)

        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def translate(self, text: str, language: Language, *, names: Sequence[str] = ()) -> str | None:
        """Return a text in the other language, in which `names` stay as they are; None where nothing translates it."""

        def work() -> str | None:
            return _translation(self._models()[1], text, language, names)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except SpeechModelError:
            return None

    def _models(self) -> tuple[Transcriber, TextTranslator | None]:
        if self._model is None:
            self._model = self._open_model()
        if not self._opened:
            self._translator, self._opened = self._open_translator(), True
        return self._model, self._translator


def recognizer_of(settings: Settings) -> SpeechRecognizer:
    """Return the recognizer of the settings' model."""
    return SpeechRecognizer(
        lambda: Transcriber(settings.speech_folder, threads=settings.speech_threads), shipped_translator
    )


def shipped_translator() -> TextTranslator | None:
    """Return the text translator; None where its model is not there."""
    folder = models_folder() / "translation"
    if not folder.is_dir():
        return None
    try:
        return Translator.load(folder)
    except TranslationExtraError as error:
        log.warning("captions are not translated by the text translator: %s", error)
        return None


def read_speech(value: bytes) -> Samples:
    """Return a piece of speech as 16 kHz mono.

    Raises:
        SpeechSoundError: the bytes are no sound that libsndfile reads, of 16 kHz and at most 30 s.
    """
    try:
        sound, rate = soundfile.read(io.BytesIO(value), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise SpeechSoundError(f"these {len(value)} bytes are no sound that libsndfile reads") from error
    if rate != SAMPLE_RATE:
        raise SpeechSoundError(f"the sound has {rate} samples a second, but speech needs {SAMPLE_RATE}")
    if not 0 < len(sound) <= MAX_SECONDS * SAMPLE_RATE:
        raise SpeechSoundError(f"the piece has {len(sound) / rate:.1f} s, but at most {MAX_SECONDS:.0f} are valid")
    mono: Samples = np.ascontiguousarray(sound.mean(axis=1), np.float32)
    if not np.isfinite(mono).all():
        raise SpeechSoundError("the sound has samples that are no numbers")
    return mono


def _translation(translator: TextTranslator | None, text: str, language: Language, names: Sequence[str]) -> str | None:
    if translator is None:
        return None
    (translated,) = translator.translate([text], language, "en" if language == "es" else "es", names=names)
    return translated.strip() or None
