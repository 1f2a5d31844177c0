"""Training of the fake-follower model."""
