"""How long a call takes: what a profile says, then what is seen."""
