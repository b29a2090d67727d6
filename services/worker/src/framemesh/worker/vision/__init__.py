"""Images and tensors: decoding images, preprocessing, decoding model outputs."""
