"""Benchmarks of the workers against a reference measured in the same run: `python -m bench --help`."""
