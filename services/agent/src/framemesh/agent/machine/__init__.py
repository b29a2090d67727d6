"""What the node has, what of it is used, and who it is."""
