"""Models as images: the image of the workers with a layer for each model, in a registry."""
