"""The frozen types and the arithmetic of framemesh. Nothing here does I/O."""
