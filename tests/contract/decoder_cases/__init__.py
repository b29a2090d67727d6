"""A model for each decoder, for what all decoders promise."""
