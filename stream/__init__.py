"""What moves: Faust workers, sources, sinks, dead letters, the local stack, the command line."""
