"""Keeps the ledger and serves status and results."""
