"""The console: web pages for the control room, bars, support, production and the public."""
