"""The files of a pipeline's models: downloaded once, kept by their digest."""
