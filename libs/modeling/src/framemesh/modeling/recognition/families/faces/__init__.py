"""Face detectors: of grids, and of priors."""
