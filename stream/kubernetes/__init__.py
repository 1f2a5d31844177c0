"""Kubernetes manifests that follow from the list of features: topics, users, workers, scaling, monitoring."""
