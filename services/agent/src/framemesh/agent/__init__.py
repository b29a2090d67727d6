"""The agent of a node: reports the machine to the master, starts and stops its workers."""
