"""Sinks: their definitions, and the places that they have in the ledger."""
