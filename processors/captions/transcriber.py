"""Speech to text by Whisper (Radford et al. 2022) on CTranslate2 with 8-bit integers, a piece at a time."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from processors.captions.voice_activity import SAMPLE_RATE, Samples
from schemas.captions import LANGUAGES, Language
from schemas.errors import PulsoError

FILES = ("model.bin", "config.json", "tokenizer.json")
"""Files of a faster-whisper model."""

Refusal = Literal["empty", "unlikely", "repeated", "no-speech"]

FRAMES_A_SECOND = 100
"""Of the mel spectrogram."""

MAX_FRAMES = 3_000
"""Frames that the encoder was trained on: 30 s."""


if TYPE_CHECKING:
    import ctranslate2
    from faster_whisper.tokenizer import Tokenizer


class SpeechModelError(PulsoError):
    """The folder holds no usable Whisper model, or the extra `captions` is not installed."""


class TranscriberSettings(Struct, frozen=True):
    """Search and limits of the transcriber.

    Attributes:
        beam_size: hypotheses that are followed.
        seen_seconds: least that the encoder sees. Whisper was trained on 30 s; ten are as exact for pieces of six
            seconds, at a third of the time.
        padded_seconds: silence that it sees after the speech.
        min_logprob: mean log probability of a token below which a text is not believed.
        max_compression: ratio of zlib's compression above which a text repeats itself.
        max_no_speech: probability of no speech above which an unsure text is not believed.
        unsure_logprob: such a text's mean log probability is below this.
        max_tokens_a_second: longest text, which bounds the time that a loop costs; fast speech has some seven.
    """

    beam_size: int = 5
    seen_seconds: float = 10.0
    padded_seconds: float = 4.0
    min_logprob: float = -1.0
    max_compression: float = 2.4
    max_no_speech: float = 0.6
    unsure_logprob: float = -0.5
    max_tokens_a_second: float = 12.0


class Transcript(Struct, frozen=True):
    """Text of a piece of speech, with what tells whether it is one.

    Attributes:
        logprob: mean log probability of a token.
        compression: ratio of zlib's compression.
        no_speech: probability that there is no speech.
        refused: reason for which the text is not believed; None otherwise.
        translation: in English, by Whisper itself; empty where it was not asked for, or is not believed.
    """

    text: str
    language: Language
    logprob: float
    compression: float
    no_speech: float
    refused: Refusal | None = None
    translation: str = ""

    @property
    def confidence(self) -> float:
        """Return the mean probability of a token, 0 to 1."""
        return min(1.0, math.exp(self.logprob))


class Transcriber:
    """A Whisper model.

    Attributes:
        identity: name and hash of the model, as lines quote it.
    """

    def __init__(self, folder: Path, *, threads: int = 1, settings: TranscriberSettings | None = None) -> None:
        """Open a model.

        Args:
            folder: a faster-whisper model.
            threads: cores that it may use.
            settings: search and limits.

        Raises:
            SpeechModelError: the folder holds no such model, or faster-whisper is not installed.
        """
        if missing := [name for name in FILES if not (folder / name).is_file()]:
            raise SpeechModelError(f"{folder} is no faster-whisper model: it lacks {', '.join(missing)}")
        try:
            from faster_whisper import WhisperModel  # noqa: PLC0415 - an extra
            from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415
            from faster_whisper.transcribe import get_suppressed_tokens  # noqa: PLC0415
        except ImportError as error:
            raise SpeechModelError("captions need the extra `captions`: run `make captions-setup`") from error
        try:
            self._model = WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError) as error:
            raise SpeechModelError(f"{folder} can't be opened as a Whisper model: {error}") from error
        self._settings = settings or TranscriberSettings()
        multilingual = self._model.model.is_multilingual
        self._languages: tuple[Language, ...] = LANGUAGES if multilingual else ("en",)
        self._tokenizers = {
            language: Tokenizer(self._model.hf_tokenizer, multilingual, "transcribe", language)
            for language in self._languages
        }
        self._translators = {
            language: Tokenizer(self._model.hf_tokenizer, multilingual, "translate", language)
            for language in self._languages
        }
        self._suppressed = get_suppressed_tokens(self._tokenizers["en"], [-1])
        self.identity = f"whisper-{_short_hash(folder / 'model.bin')}"

    def transcribe(
        self,
        samples: Samples,
        language: Language | None = None,
        *,
        names: Sequence[str] = (),
        translate: bool = False,
    ) -> Transcript:
        """Return the text of a piece of speech.

        Args:
            samples: 16 kHz, −1 to 1, of at most 30 s.
            language: that is spoken; recognised if None.
            names: names that may be said.
            translate: add Whisper's own translation into English.
        """
        seconds = len(samples) / SAMPLE_RATE
        encoded = self._encode(samples)
        chosen = language if language in self._languages else self._detect(encoded)
        tokenizer = self._tokenizers[chosen]
        prompt = self._model.get_prompt(
            tokenizer,
            [],
            without_timestamps=True,
            hotwords=", ".join(names) or None,
        )
        found = self._generate(encoded, prompt, tokenizer, chosen, seconds)
        if found.refused and names:
            # A prompt may lead the decoder astray; without one it often finds back.
            found = self._generate(encoded, self._bare_prompt(tokenizer), tokenizer, chosen, seconds)
        if translate and chosen != "en" and not found.refused:
            translator = self._translators[chosen]
            english = self._generate(encoded, self._bare_prompt(translator), translator, chosen, seconds)
            found = replace(found, translation="" if english.refused else english.text)
        return found

    def _bare_prompt(self, tokenizer: Tokenizer) -> list[int]:
        prompt: list[int] = self._model.get_prompt(tokenizer, [], without_timestamps=True)
        return prompt

    def _encode(self, samples: Samples) -> ctranslate2.StorageView:
        from faster_whisper.audio import pad_or_trim  # noqa: PLC0415 - an extra

        features = self._model.feature_extractor(samples, padding=0)
        seconds = max(self._settings.seen_seconds, len(samples) / SAMPLE_RATE + self._settings.padded_seconds)
        frames = min(MAX_FRAMES, round(seconds * FRAMES_A_SECOND) // 2 * 2)
        return self._model.encode(pad_or_trim(features, frames))

    def _detect(self, encoded: ctranslate2.StorageView) -> Language:
        if len(self._languages) == 1:
            return self._languages[0]
        found: Mapping[str, float] = dict(self._model.model.detect_language(encoded)[0])
        return max(self._languages, key=lambda language: found.get(f"<|{language}|>", 0.0))

    def _generate(
        self,
        encoded: ctranslate2.StorageView,
        prompt: list[int],
        tokenizer: Tokenizer,
        language: Language,
        seconds: float,
    ) -> Transcript:
        longest = len(prompt) + 12 + round(self._settings.max_tokens_a_second * seconds)
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=self._settings.beam_size,
            max_length=min(self._model.max_length, longest),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed,
        )[0]
        tokens = result.sequences_ids[0]
        text = tokenizer.decode(tokens).strip()
        logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        found = Transcript(text, language, logprob, compression_ratio(text), result.no_speech_prob)
        return replace(found, refused=refusal(found, self._settings))


def refusal(found: Transcript, settings: TranscriberSettings) -> Refusal | None:
    """Return the reason for which a text is taken for an invention of the model; None where it is believed."""
    if not any(letter.isalnum() for letter in found.text):
        return "empty"
    if found.compression > settings.max_compression:
        return "repeated"
    if found.logprob < settings.min_logprob:
        return "unlikely"
    if found.no_speech > settings.max_no_speech and found.logprob < settings.unsure_logprob:
        return "no-speech"
    return None


def compression_ratio(text: str) -> float:
    """Return by how much zlib shortens a text; above 2.4 it repeats itself (Whisper's own limit).

    >>> compression_ratio("la " * 40) > 2.4 > compression_ratio("Bienvenidos al festival")
    True
    """
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded)) if encoded else 0.0


def _short_hash(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:8]
