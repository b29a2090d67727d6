"""Detections drawn on pictures."""
