"""How the outputs of a model become detections: one file for each family of models."""
