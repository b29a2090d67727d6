"""Which worker may work on which shard."""
