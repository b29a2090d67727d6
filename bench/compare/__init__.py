"""Two meshes, or two ways to run one, side by side: measured in turns."""
