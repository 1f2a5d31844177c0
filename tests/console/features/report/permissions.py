"""Permissions of reports, for tests/console/test_permissions.py."""

from __future__ import annotations

from typing import Any

ROLES = {"production", "admin"}
PERMISSIONS: list[tuple[str, str, str, Any, set[str]]] = [
    # route, path, method, body, roles that are let in
    ("/reports", "/reports", "GET", None, ROLES),
    ("/reports/key", "/reports/key", "GET", None, ROLES),
    ("/reports/{day}.log", "/reports/2020-01-01.log", "GET", None, ROLES),
    ("/reports/{day}.{language}.html", "/reports/2020-01-01.es.html", "GET", None, ROLES),
    ("/reports/{day}.{language}.pdf", "/reports/2020-01-01.en.pdf", "GET", None, ROLES),
]
