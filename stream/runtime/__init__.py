"""Runtime shared by all workers: Faust app, batches, state rows, dead letters, broadcast topics."""
