"""`framemesh demo`: the bundled model on the bundled clip, from camera to boxes."""
