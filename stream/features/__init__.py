"""One module a worker; each has `register(worker)`, which adds its agents to the app."""
