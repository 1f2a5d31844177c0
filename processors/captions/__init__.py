"""Captions: speech to lines of text, their translation, names of the programme, and subtitles."""
