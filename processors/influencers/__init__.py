"""Influencers: the share of fake followers in a sample of counts, and engagement against what is usual; no names."""
