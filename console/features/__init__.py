"""Pages of the features, one package each, named as in every other layer."""
