"""Endpoints of the assistant and who may use them; rows as in tests/console/test_permissions.py."""

EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
PERMISSIONS = [
    ("/api/ask", "/api/ask", "POST", {}, EVERYBODY),
    ("/api/ask/rating", "/api/ask/rating", "POST", {}, EVERYBODY),
    ("/api/alexa", "/api/alexa", "POST", {}, EVERYBODY),
]
