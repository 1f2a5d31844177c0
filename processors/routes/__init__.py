"""Routes for those who walk: import of maps, and closures."""
