"""In which order calls wait."""
