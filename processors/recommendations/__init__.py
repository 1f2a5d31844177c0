"""Recommendations: acts, songs and festivals for a listener, from what people play and how acts are described."""
