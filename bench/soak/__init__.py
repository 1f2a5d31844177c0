"""Soak test: hours at a steady load on a real stack, to detect growth: `python -m bench.soak`."""
