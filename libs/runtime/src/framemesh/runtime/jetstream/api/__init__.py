"""JetStream's JSON API: requests, answers and error codes."""
