"""Endpoints of captions and who may use them; rows as in tests/console/test_permissions.py."""

EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
DESK = {"support", "production", "admin"}
PERMISSIONS = [
    ("/captions", "/captions", "GET", None, EVERYBODY),
    ("/captions/{stage}", "/captions/none", "GET", None, EVERYBODY),
    ("/captions/{stage}/code.svg", "/captions/none/code.svg", "GET", None, EVERYBODY),
    ("/captions/{stage}/subtitles.vtt", "/captions/none/subtitles.vtt", "GET", None, EVERYBODY),
    ("/captions/{stage}/live", "/captions/none/live", "GET", None, EVERYBODY),
    ("/captioning", "/captioning", "GET", None, DESK),
    ("/live", "/live?channels=captions", "GET", None, DESK),
    ("/api/now/{channel}", "/api/now/captions", "GET", None, DESK),
    ("/api/captions/correct", "/api/captions/correct", "POST", {}, DESK),
]
