"""What one camera, and one client, may take of an ingest."""
