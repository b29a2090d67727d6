"""Who runs a call, when and in which batch: pure functions and small states (ADR 62)."""
