"""Child processes: starting, supervising and finding the programs that framemesh runs."""
