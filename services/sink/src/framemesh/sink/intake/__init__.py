"""Results on their way from the ledger to a writer, and how far they have come."""
