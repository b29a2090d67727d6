"""How many workers a pipeline has: measured, learned, decided, and remembered."""
