"""The ledger of each pipeline, read from its stream."""
