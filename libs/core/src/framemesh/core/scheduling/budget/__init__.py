"""What each call may take of the time that is left to its frame."""
