"""Endpoints of signs and who may use them; rows as in tests/console/test_permissions.py."""

EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
SECURITY = {"security", "admin"}
PERMISSIONS = [
    ("/sign/{name}", "/sign/none", "GET", None, EVERYBODY),
    ("/sign/service_worker.js", "/sign/service_worker.js", "GET", None, EVERYBODY),
    ("/api/sign/{name}", "/api/sign/none", "GET", None, EVERYBODY),
    ("/api/sign/{name}", "/api/sign/none", "POST", {"shown": None}, EVERYBODY),
    ("/signs", "/signs", "GET", None, SECURITY),
    ("/live", "/live?channels=signs", "GET", None, SECURITY),
    ("/api/now/{channel}", "/api/now/signs", "GET", None, SECURITY),
    ("/api/signs/set", "/api/signs/set", "POST", {}, SECURITY),
    ("/api/signs/approve", "/api/signs/approve", "POST", {}, SECURITY),
    ("/api/signs/withdraw", "/api/signs/withdraw", "POST", {}, SECURITY),
]
