"""The HTTP server of the dashboard: who may ask, and how answers and refusals look."""
