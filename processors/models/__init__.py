"""Model files: inference, cards, gates, drift, promotion."""
