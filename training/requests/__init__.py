"""What a sentence asks of a festival."""
