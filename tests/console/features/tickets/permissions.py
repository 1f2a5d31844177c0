"""Permissions of ticket sales, for tests/console/test_permissions.py."""

from __future__ import annotations

from typing import Any

ROLES = {"production", "admin"}
EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    # route, path, method, body, roles that are let in
    ("/tickets", "/tickets", "GET", None, ROLES),
    ("/prices", "/prices", "GET", None, EVERYBODY),
    ("/api/prices", "/api/prices", "GET", None, EVERYBODY),
    ("/api/tickets/prices", "/api/tickets/prices", "POST", {}, ROLES),
    ("/api/tickets/marks", "/api/tickets/marks", "POST", {}, ROLES),
    ("/live", "/live?channels=tickets", "GET", None, ROLES),
    ("/api/now/{channel}", "/api/now/tickets", "GET", None, ROLES),
    ("/live", "/live?channels=expected-people", "GET", None, {*ROLES, "bar"}),
    ("/api/now/{channel}", "/api/now/expected-people", "GET", None, {*ROLES, "bar"}),
]
