"""Violence: fight scores of camera frames, alarms and evidence clips."""
