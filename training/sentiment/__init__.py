"""Training and measurement of the sentiment classifier."""
