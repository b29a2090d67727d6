"""What becomes of one frame: isolation of suspects, outcomes, commit."""
