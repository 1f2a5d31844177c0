"""Endpoints of show stops and who may use them; rows as in tests/console/test_permissions.py."""

from __future__ import annotations

from typing import Any

ROLES = {"security", "production", "admin"}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    ("/show-stop", "/show-stop", "GET", None, ROLES),
    ("/api/show-stop", "/api/show-stop", "POST", {}, ROLES),
    ("/live", "/live?channels=show-stops", "GET", None, ROLES),
    ("/api/now/{channel}", "/api/now/show-stops", "GET", None, ROLES),
]
