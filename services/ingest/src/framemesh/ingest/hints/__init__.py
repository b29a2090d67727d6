"""What cameras are asked to send, by what becomes of the backlog of their pipeline."""
