"""What a file is, told from what it says of itself and from one inference; nothing is guessed."""
