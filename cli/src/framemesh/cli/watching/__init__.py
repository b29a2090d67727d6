"""Results of a pipeline as files, for a quick look; a sink is for what has to be whole."""
