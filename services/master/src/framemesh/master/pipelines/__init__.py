"""Pipelines: apply, change, drain and delete them with their buffers."""
