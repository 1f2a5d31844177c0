"""Permissions of models and corrections, for tests/console/test_permissions.py."""

from __future__ import annotations

from typing import Any

ROLES = {"production", "admin"}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    # route, path, method, body, roles that are let in
    ("/models", "/models", "GET", None, ROLES),
    ("/api/music/corrections", "/api/music/corrections", "POST", {}, ROLES),
    ("/api/support/sentiment", "/api/support/sentiment", "POST", {}, {"support", "admin"}),
    ("/live", "/live?channels=models", "GET", None, ROLES),
    ("/api/now/{channel}", "/api/now/models", "GET", None, ROLES),
]
