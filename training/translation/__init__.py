"""Training and measurement of the English–Spanish translation network of the captions."""
