"""Captions: speech to lines of text, names of the programme, and subtitles."""
