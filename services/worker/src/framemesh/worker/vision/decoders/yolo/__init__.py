"""The YOLO families."""
