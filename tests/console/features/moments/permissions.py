"""Permissions of the page of moments, for tests/console/test_permissions.py."""

from __future__ import annotations

from typing import Any

ROLES = {"production", "admin"}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    # route, path, method, body, roles that are let in
    ("/moments", "/moments", "GET", None, ROLES),
    ("/live", "/live?channels=moments", "GET", None, ROLES),
    ("/api/now/{channel}", "/api/now/moments", "GET", None, ROLES),
]
