"""Tokens: keys, signatures, who calls a server, and what a client shows."""
