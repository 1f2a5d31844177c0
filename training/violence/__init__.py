"""Training of the violence network."""
