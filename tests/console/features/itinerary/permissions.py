"""Endpoints of itineraries and who may use them; rows as in tests/console/test_permissions.py."""

EVERYBODY = {"security", "bar", "support", "production", "admin", "nobody"}
PERMISSIONS = [
    ("/api/itinerary", "/api/itinerary", "POST", {}, EVERYBODY),
    ("/api/itinerary/offer", "/api/itinerary/offer", "POST", {}, EVERYBODY),
    ("/api/itinerary/forget", "/api/itinerary/forget", "POST", {}, EVERYBODY),
]
