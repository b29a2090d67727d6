"""Measures a service, and serves what was measured to Prometheus."""
