"""What is computed: arrays, text and events in, results out.

No Kafka, Redis, network, threads or wall clock in here: time is an argument, randomness has a seed.
"""

import os

# Read by OpenCV when it is loaded: no picture, of whatever format, makes it reserve more than any camera's would need.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "50000000")
