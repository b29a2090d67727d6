"""Detectors whose graph ends with the suppression: lists of boxes."""
