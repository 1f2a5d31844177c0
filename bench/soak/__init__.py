"""Hours at a steady load on a real stack, to see whether anything grows: `python -m bench.soak`."""
