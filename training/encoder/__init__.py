"""The bilingual sentence encoder."""
