"""Personal itineraries: which sets, in which order, with the walks between them."""
