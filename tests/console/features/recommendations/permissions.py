"""Endpoints of recommendations and who may use them; rows as in tests/console/test_permissions.py."""

EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
PERMISSIONS = [
    ("/api/taste", "/api/taste", "POST", {}, EVERYBODY),
    ("/api/taste/import", "/api/taste/import", "POST", {}, EVERYBODY),
]
