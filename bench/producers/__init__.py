"""What cameras cost: their own process, ingest's, and the broker's."""
