"""What writes results: one file a kind, all held to one contract."""
