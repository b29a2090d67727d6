"""How long a call would wait at a backend."""
