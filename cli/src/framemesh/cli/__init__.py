"""The framemesh command, and the embedded mode that runs everything on one machine."""
