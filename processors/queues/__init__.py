"""Queues: waiting time from the people in a queue and the people served."""
