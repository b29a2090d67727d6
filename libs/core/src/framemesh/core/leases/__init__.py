"""Leases: each shard is assigned to one worker at a time."""
