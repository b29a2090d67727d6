"""A mesh under a steady load for hours: what grows, and whether every frame has its outcome."""
