"""Model registry: store, promotion, live reload, report."""
