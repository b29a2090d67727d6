"""Models: the manifest, what an ONNX file holds, what decoders demand, and whether these fit."""
