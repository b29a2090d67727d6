"""Publishing to streams and pulling from them, whatever keeps them."""
