"""Sources of frames, and sending them as cameras."""
