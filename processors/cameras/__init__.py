"""Pictures: crowd density, fights, and whether a camera can be trusted."""
