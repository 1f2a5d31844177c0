"""Bars: demand learnt online, stock, and who runs out when."""
