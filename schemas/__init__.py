"""What travels: typed events, results and alerts, and the one table of topics. No logic of the domain."""
