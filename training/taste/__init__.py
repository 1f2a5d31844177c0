"""Training of models/taste: what people play together."""
