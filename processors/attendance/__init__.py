"""Attendance: gate crossings and people in the venue."""
