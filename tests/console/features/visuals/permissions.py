"""Endpoints of visuals and who may use them; rows as in tests/console/test_permissions.py."""

PRODUCTION = {"production", "admin"}
PERMISSIONS = [
    ("/visuals", "/visuals", "GET", None, PRODUCTION),
    ("/visuals/{stage}", "/visuals/main", "GET", None, PRODUCTION),
    ("/live", "/live?channels=visuals:main", "GET", None, PRODUCTION),
]
