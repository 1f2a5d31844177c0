"""Sources of events: cameras, tills, mailboxes, microphones. Each runs by itself, and one that fails stops no other."""
