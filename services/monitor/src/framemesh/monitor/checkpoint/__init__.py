"""Checkpoints of ledgers, so that a restart does not read everything again."""
