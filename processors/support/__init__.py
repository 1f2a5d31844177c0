"""Support mail: embeddings, clusters that grow, and triage."""
