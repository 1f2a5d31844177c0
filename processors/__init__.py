"""Domain logic: arrays, text and events in, results out.

No Kafka, Redis, network, threads or wall clock in here: time is an argument, randomness has a seed.
"""
