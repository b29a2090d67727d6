"""Model files as broken downloads, broken tools and bad intentions make them."""
