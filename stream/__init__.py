"""What moves: Faust workers, sources, sinks, dead letters, the local stack, the command line."""

import processors  # noqa: F401 - it bounds what OpenCV may reserve, before that is loaded
