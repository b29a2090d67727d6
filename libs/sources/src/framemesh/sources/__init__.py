"""Sources of frames: cameras, streams, videos, images; each read by a process of its own."""
