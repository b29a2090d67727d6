"""Workers as services of Docker Swarm: one service for each pipeline and revision."""
