"""Detectors of faces and their keypoints."""
