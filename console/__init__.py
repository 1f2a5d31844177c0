"""The console: web pages for the control room, bars, support, production and the public."""

import processors  # noqa: F401 - it bounds what OpenCV may reserve, before that is loaded
