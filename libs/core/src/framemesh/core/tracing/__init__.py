"""Which frames are traced, and how services name a trace to one another."""
