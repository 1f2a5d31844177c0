"""Crowd: heads, density, flow and forecast of zones."""
