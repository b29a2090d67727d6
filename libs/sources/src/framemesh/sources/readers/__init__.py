"""What reads a source, in the process of that source: everything here may block."""
