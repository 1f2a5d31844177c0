"""Assistant for attendees: answers from the programme, the map, live state and approved answers, or hands over."""
