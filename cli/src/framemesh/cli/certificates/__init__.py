"""An authority of our own, and the certificates that it issues: for tests and small meshes."""
