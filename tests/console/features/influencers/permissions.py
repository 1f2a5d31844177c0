"""Permissions of the check of influencers, for tests/console/test_permissions.py."""

from __future__ import annotations

from typing import Any

ROLES = {"production", "admin"}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    # route, path, method, body, roles that are let in
    ("/influencers", "/influencers", "GET", None, ROLES),
    ("/api/influencers", "/api/influencers", "POST", {}, ROLES),
]
