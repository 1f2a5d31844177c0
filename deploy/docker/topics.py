"""Create Pulso's topics on the brokers of PULSO_KAFKA, or bring their settings in line; then end."""

from __future__ import annotations

from stream.settings import Settings
from stream.topics import ensure_topics

if __name__ == "__main__":
    created = ensure_topics(Settings().connected(), timeout_s=60)
    print(f"new topics: {', '.join(created) or 'none'}")
