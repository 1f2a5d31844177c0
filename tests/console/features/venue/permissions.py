"""Endpoints of the venue editor and who may use them; rows as in tests/console/test_permissions.py."""

from __future__ import annotations

from typing import Any

ROLES = {"admin"}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    ("/venue", "/venue", "GET", None, ROLES),
    ("/api/venue/file", "/api/venue/file", "GET", None, ROLES),
    ("/api/venue/check", "/api/venue/check", "POST", {}, ROLES),
    ("/api/venue/draft", "/api/venue/draft", "POST", {}, ROLES),
    ("/api/venue/discard", "/api/venue/discard", "POST", {}, ROLES),
    ("/api/venue/publish", "/api/venue/publish", "POST", {}, ROLES),
    ("/api/venue/rollback", "/api/venue/rollback", "POST", {}, ROLES),
]
