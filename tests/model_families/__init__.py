"""Small ONNX files with the signatures of well-known families, and what a right reader finds in
them. Written anew here: nothing is shared with the worker."""
