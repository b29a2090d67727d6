"""The measurement of Capillary X, repeated: one by one, a pool of processes, and a mesh."""
