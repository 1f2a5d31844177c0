"""Permissions of the page of queues, for tests/console/test_permissions.py."""

from __future__ import annotations

from typing import Any

ROLES = {"security", "production", "bar", "admin"}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    # route, path, method, body, roles that are let in
    ("/queues", "/queues", "GET", None, ROLES),
    ("/live", "/live?channels=queues", "GET", None, ROLES),
    ("/api/now/{channel}", "/api/now/queues", "GET", None, ROLES),
]
