"""The DETR families."""
