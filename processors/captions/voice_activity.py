"""Voice activity of a stream of sound, by Silero VAD 6 (MIT), which faster-whisper carries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

SAMPLE_RATE = 16_000
"""Samples a second (Hz) that both networks were trained on."""

WINDOW = 512
"""Samples of which each probability is one: 32 ms."""

_CONTEXT = 64
"""Samples before a window that the network also gets."""

_STATE = (1, 1, 128)

Samples = npt.NDArray[np.float32]


class VoiceActivityDetector:
    """Probability of speech in each 32 ms of a stream.

    Args:
        model: ONNX file of Silero VAD 6; that of faster-whisper if left out.

    Raises:
        ImportError: the extra `captions` is not installed.
    """

    def __init__(self, model: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(
            str(model or shipped_model()), options, providers=["CPUExecutionProvider"]
        )
        self._hidden, self._cell = np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def add(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Return the probability of speech of each window.

        Args:
            samples: the next samples of the stream, −1 to 1; a multiple of WINDOW.
        """
        windows = samples.reshape(-1, WINDOW)
        if not len(windows):
            return np.zeros(0, np.float32)
        before = np.concatenate([self._context[None], windows[:-1, -_CONTEXT:]])
        self._context = windows[-1, -_CONTEXT:].copy()
        probabilities, self._hidden, self._cell = self._session.run(
            None,
            {"input": np.concatenate([before, windows], axis=1), "h": self._hidden, "c": self._cell},
        )
        return np.asarray(probabilities, np.float32).reshape(-1)


def shipped_model() -> Path:
    """Return the file that faster-whisper carries.

    Raises:
        ImportError: the extra `captions` is not installed.
    """
    from faster_whisper.utils import get_assets_path  # noqa: PLC0415 - an extra

    return Path(get_assets_path()) / "silero_vad_v6.onnx"
