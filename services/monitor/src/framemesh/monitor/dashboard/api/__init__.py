"""The answers to single questions of the page."""
