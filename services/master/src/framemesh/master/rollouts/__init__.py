"""New revisions are watched until they are known to be good, or given up."""
