"""What people see. For now one status page; it answers in Spanish or English."""

import processors  # noqa: F401 - it bounds what OpenCV may reserve, before that is loaded
