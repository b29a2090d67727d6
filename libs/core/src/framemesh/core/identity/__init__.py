"""Who calls, and what they may: claims of tokens, roles, scopes, and one table of methods."""
