"""Sound on stage: features, mood and genre."""
