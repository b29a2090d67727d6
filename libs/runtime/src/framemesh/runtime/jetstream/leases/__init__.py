"""Leases of shards in a key-value bucket."""
