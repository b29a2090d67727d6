"""Makes a small person detector out of a large one and a video of a fixed camera."""
