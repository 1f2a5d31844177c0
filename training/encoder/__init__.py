"""Training and measurement of the bilingual sentence encoder."""
