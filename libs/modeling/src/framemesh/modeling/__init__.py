"""Models: the manifest, the signature of the ONNX file, and whether the two fit together."""
