"""What onnxruntime says of a model, as a line for a person."""

import re

MAX_MESSAGE = 400
"""Characters: one line that a terminal shows."""

MAX_READ = 4000
"""Characters that are looked at: names in a file, which are told as well, may have any length."""

_ERROR_CLASS = re.compile(r"^(?:Internal: )?(?:TritonModelException: )?(?:\w+: (?=\[ONNX))?")
_CODE = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : ")
_LOAD = re.compile(r"Load model from .*? failed: ?")
_NODE = re.compile(
    r"Non-zero status code returned while running (?P<kind>\S+) node\. Name:'(?P<name>[^']*)' "
    r"Status Message: ?"
)
_PLACE = re.compile(r"/[^\s:]*onnxruntime/[^\s:]+\.(?:cc|h|cpp|hpp):\d+ ")
_CONDITION = re.compile(r"^.*? was false\. ?")
_FUNCTION = re.compile(r"^.*?\)(?: const)?(?: \[with [^\]]*\])? (?=[A-Z])")


def plain_message(said: str) -> str:
    """`said` in one line, without the places in onnxruntime's code, its codes and our paths."""
    line = " ".join(said[:MAX_READ].split())
    for noise in (_ERROR_CLASS, _CODE, _LOAD):
        line = noise.sub("", line, count=1)
    line = _NODE.sub(_named, line)
    if place := _PLACE.search(line):
        before, after = line[: place.start()], line[place.end() :]
        shorter = _CONDITION.sub("", after)
        line = before + (shorter if shorter != after else _FUNCTION.sub("", after))
    return printable(line, MAX_MESSAGE)


def printable(text: str, limit: int) -> str:
    """`text` without characters that move a cursor or turn a line around, and cut to `limit`."""
    shown = "".join(each if each.isprintable() else "?" for each in text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


def _named(node: re.Match[str]) -> str:
    name = f" {node['name']!r}" if node["name"] else ""
    return f"node {node['kind']}{name}: "
