"""Models: the catalog of registered versions."""
