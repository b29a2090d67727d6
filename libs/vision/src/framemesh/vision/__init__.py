"""From pixels to a model's input, and from places in the input back to the image."""
