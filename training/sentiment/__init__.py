"""How a mail or a post sounds: negative, neutral or positive."""
