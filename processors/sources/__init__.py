"""Sources: which of them are silent for longer than their own rhythm allows."""
