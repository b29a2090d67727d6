"""State that is built from a stream, message by message, and saved in checkpoints."""
