"""What metrics, traces and both together cost."""
