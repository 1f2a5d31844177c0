"""Training of the request classifier."""
