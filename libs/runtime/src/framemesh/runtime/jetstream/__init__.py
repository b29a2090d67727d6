"""Streams of NATS JetStream: the connection, publishing, pulling, reading, and their names."""
