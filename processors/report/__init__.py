"""The report of a day: figures, pages, and the signed log behind it."""
