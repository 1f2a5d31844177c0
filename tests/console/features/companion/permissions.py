"""Public pages and endpoints of the companion; rows as in tests/console/test_permissions.py."""

EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
PERMISSIONS = [
    ("/companion", "/companion", "GET", None, EVERYBODY),
    ("/ask", "/ask", "GET", None, EVERYBODY),
    ("/api/companion", "/api/companion", "GET", None, EVERYBODY),
    ("/companion/service_worker.js", "/companion/service_worker.js", "GET", None, EVERYBODY),
    ("/companion/manifest.webmanifest", "/companion/manifest.webmanifest", "GET", None, EVERYBODY),
]
