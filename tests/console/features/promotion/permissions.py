"""Permissions of promotion, for tests/console/test_permissions.py."""

from __future__ import annotations

from typing import Any

ROLES = {"production", "admin"}
EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    # route, path, method, body, roles that are let in
    ("/promotion", "/promotion", "GET", None, ROLES),
    ("/api/promotion/actions", "/api/promotion/actions", "POST", {}, ROLES),
    ("/api/promotion/pictures", "/api/promotion/pictures", "POST", {}, ROLES),
    ("/api/promotion", "/api/promotion", "POST", {"age": 20}, EVERYBODY),
    ("/api/promotion/response", "/api/promotion/response", "POST", {}, EVERYBODY),
    ("/promotion/picture/{name}", "/promotion/picture/x", "GET", None, EVERYBODY),
    ("/live", "/live?channels=promotion", "GET", None, ROLES),
    ("/api/now/{channel}", "/api/now/promotion", "GET", None, ROLES),
]
