"""Several processes of one ingest, which share its port: docs/adr/0059."""
