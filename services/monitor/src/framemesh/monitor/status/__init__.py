"""The status of a pipeline beside its ledger: backlog and traffic."""
