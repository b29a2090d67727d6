"""What a mesh adds to the age of a frame, at a rate that it keeps up with."""
