"""Single frames, dead letters and stored messages."""
