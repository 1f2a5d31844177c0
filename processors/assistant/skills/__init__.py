"""Skills of the assistant: each answers one kind of question."""
