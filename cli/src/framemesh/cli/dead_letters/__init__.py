"""Listing and replaying dead letters."""
