"""Commands that say who may do what, and show who one is."""
