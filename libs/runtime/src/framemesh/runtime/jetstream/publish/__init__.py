"""Publishing to streams, with acknowledgements."""
