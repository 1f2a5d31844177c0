"""Promotion: which variant of a message to show, by declared taste; its results, estimated by inverse propensity."""
