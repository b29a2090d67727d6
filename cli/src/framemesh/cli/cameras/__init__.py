"""Many cameras in one program, from one file."""
