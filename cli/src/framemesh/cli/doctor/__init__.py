"""Looks at all that framemesh needs, says what is wrong and what to do, and changes nothing."""
