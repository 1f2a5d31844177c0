"""Show stop: two people decide together that a show is stopped."""
