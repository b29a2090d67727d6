"""The condition of a stage: a text, parsed into a tree, checked, and never run as code."""
