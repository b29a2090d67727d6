"""YAML, JSON and stored documents as frozen values, with every problem named by its field."""
