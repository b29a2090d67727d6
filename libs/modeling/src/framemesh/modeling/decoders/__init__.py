"""What each decoder demands of a model's outputs; the decoders themselves are the worker's."""
