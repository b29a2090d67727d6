"""The logs of all programs of a mesh as one: read, merged by time, followed."""
