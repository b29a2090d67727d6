"""The status of a pipeline, in addition to its ledger: backlog and traffic."""
