"""Models: the catalog of versions, and the transfers of their files."""
