"""Support mail: language, priority, topics, clusters, approved answers and the report of a day."""
