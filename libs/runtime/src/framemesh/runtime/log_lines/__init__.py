"""From an event to a line of a log: what is taken out, what is counted, and how it is written."""
