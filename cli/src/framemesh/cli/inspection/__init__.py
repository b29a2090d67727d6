"""Looking at a model's file before it is registered: what it is, and whether it runs."""
