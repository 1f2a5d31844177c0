"""Agents of the alerts worker: alert life cycle, notifications, precision."""
