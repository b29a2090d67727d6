"""Issuing tokens: who has the private key needs no mesh for it."""
