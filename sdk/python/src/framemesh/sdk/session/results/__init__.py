"""What became of the frames of a camera, and which stream of results to read next."""
