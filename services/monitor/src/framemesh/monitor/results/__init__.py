"""The results of a pipeline as they are stored, for those who watch them."""
