"""Commands of `pulso`, one module for each group; each module has `register(app)`."""
