"""What more and fewer workers do: `python -m bench.scaling`, `first_frames` and `handover`."""
