"""What the pages show of the results: one module a page, each a small state that takes records and tells itself."""
