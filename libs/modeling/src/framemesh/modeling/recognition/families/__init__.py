"""One file a group of families: what its files look like, and how an inference confirms it."""
