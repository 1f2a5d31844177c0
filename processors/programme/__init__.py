"""Programme of the festival: sets of the venue file and of tables, and changes to them."""
