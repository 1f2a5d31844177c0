"""Alerts: rules and their messages, the life cycle of an alert, labels, notifications."""
