"""Endpoints of the map and who may use them; rows as in tests/console/test_permissions.py."""

EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
PERMISSIONS = [
    ("/api/map", "/api/map", "GET", None, EVERYBODY),
    ("/api/route", "/api/route", "GET", None, EVERYBODY),
]
