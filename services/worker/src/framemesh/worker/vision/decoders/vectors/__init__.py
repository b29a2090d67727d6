"""One vector for the whole image: classes, text, an embedding, keypoints."""
