"""A festival evening at high speed: four simulated sources on one clock, a live view, and a report."""
