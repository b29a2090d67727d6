"""Sends the frames of a camera to framemesh."""
