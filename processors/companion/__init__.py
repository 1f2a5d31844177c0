"""Companion: what attendees are told of crowding, in words."""
