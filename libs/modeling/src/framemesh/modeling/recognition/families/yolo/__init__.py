"""The YOLO families: with metadata, and by the shapes of their outputs."""
