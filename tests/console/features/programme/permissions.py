"""The endpoint of the programme and who may use it; rows as in tests/console/test_permissions.py."""

EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
PERMISSIONS = [("/api/programme", "/api/programme", "GET", None, EVERYBODY)]
