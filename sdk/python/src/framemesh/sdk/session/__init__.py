"""The state of one camera session, without I/O: credit, spool, reconnection."""
