"""Speed of the workers, compared with a peer or the bare limit in the same run: `python -m bench`."""
