"""Social posts: sentiment, and its change by subject."""
