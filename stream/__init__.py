"""Input and output: workers, sources, stores, the local stack and the command line."""
