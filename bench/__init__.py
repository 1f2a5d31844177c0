"""Speed of the workers beside a peer or the bare limit, measured in the same run: `python -m bench`."""
