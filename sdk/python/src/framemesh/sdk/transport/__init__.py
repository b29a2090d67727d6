"""The gRPC stream to ingest: a thread or a task that serves the session."""
