"""Ticket sales: the page of production, and the public page of prices."""
