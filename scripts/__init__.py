"""Programs for maintainers of the repository."""
