"""The state of the mesh: asked for once for all who look at it."""
