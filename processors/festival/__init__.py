"""What several features need of a festival: its days, programme, map, walking routes and live state."""
