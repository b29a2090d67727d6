"""Pictures of cameras that somebody looks at, each with the outcome of its frame."""
