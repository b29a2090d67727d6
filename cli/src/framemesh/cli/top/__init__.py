"""The mesh on one screen of a terminal: what it is asked, and how the answers are shown."""
