"""How pipelines, their changes and their shadows look on a terminal."""
