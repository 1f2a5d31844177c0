"""Training of models/urgency: is somebody at risk now?"""
