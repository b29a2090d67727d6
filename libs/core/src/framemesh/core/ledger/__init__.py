"""The arithmetic of the ledger: what became of every frame of every camera, counted once."""
