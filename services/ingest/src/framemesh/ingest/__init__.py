"""Takes frames from cameras and acknowledges what is in the durable buffer."""
