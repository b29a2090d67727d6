"""The arithmetic of the ledger: the outcome of every frame of every camera, counted once."""
