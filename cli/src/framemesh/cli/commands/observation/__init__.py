"""`top`, `logs` and `doctor`: what is the case, what happened, and what is wrong."""
