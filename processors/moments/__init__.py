"""Moments: links between posts and sets, bursts of posts, and crowd, sales and sound of the same minutes."""
