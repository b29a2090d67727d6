"""From the buffer to the dispatch of a frame: pulling, scheduling, ordering."""
