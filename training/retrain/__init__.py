"""Retraining of models with labels that a venue's people made: `pulso models retrain`."""
