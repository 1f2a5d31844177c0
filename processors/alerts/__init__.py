"""From results to alerts: which values are watched, and the life that every alert has."""
