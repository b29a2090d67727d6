"""A score and a box for each of many fixed places."""
