"""Which tokens were revoked."""
