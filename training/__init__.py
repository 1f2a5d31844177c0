"""Training of the models, one folder per model. Needs the extra `train`; nothing that runs imports it."""
