"""Simulated festival evening for the demo, tests and benchmarks: event sources, playback, live view, report."""
