"""Whether the runtime that workers have can load an ONNX file, as far as the file tells."""

from collections.abc import Collection

from framemesh.modeling.errors import misfit
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.onnx_file import OnnxFile
from framemesh.modeling.runtime_message import printable

MAX_FILE_BYTES = 2 * 1024**3 - 1
"""Of one ONNX file: protobuf, which it is, has no larger messages."""

MAX_OPSET = 26
MAX_IR_VERSION = 13
"""That onnxruntime 1.31 loads, which requirements/triton.txt pins."""

RUNTIME_DOMAINS = frozenset(
    {
        "",
        "ai.onnx.ml",
        "ai.onnx.training",
        "ai.onnx.preview.training",
        "com.microsoft",
        "com.microsoft.experimental",
        "com.microsoft.nchwc",
        "com.ms.internal.nhwc",
        "org.pytorch.aten",
    }
)
"""Of the operators that are built into onnxruntime. Others come from plug-ins, which Triton is not
given."""


def check_loadable(manifest: ModelManifest, onnx: OnnxFile) -> None:
    """
    Raises:
        ModelInvalid: with the version, the operators or the weights because of which it would not
            load. An operator that ONNX's own set lacks is found by the worker alone.
    """
    if problem := load_problem(onnx):
        raise misfit(manifest, problem)


def load_problem(onnx: OnnxFile) -> str:
    """Why it would not load, and what to do; empty where nothing tells so."""
    if onnx.external:
        return (
            f"the weights of {listed(onnx.external)} lie in a second file, which is not sent: save "
            "it as one file (onnx.save(onnx.load(...), ..., save_as_external_data=False))"
        )
    if onnx.missing:
        return f"nothing in it makes the tensors {listed(onnx.missing)}: export it anew"
    if foreign := _foreign_operators(onnx):
        return f"workers lack its operators {listed(foreign)}: export it without plug-ins"
    return _version_problem(onnx)


def _version_problem(onnx: OnnxFile) -> str:
    if not 0 < onnx.ir_version <= MAX_IR_VERSION:
        return (
            f"its IR version is {onnx.ir_version}, and workers load 1 to {MAX_IR_VERSION}: export "
            "it for an older ONNX"
        )
    if not onnx.opsets:
        return "it does not say which opset it uses: export it anew"
    if (opset := onnx.opsets.get("", 1)) > MAX_OPSET:
        return (
            f"its opset is {opset}, and workers load up to {MAX_OPSET}: export it with "
            f"opset_version={MAX_OPSET} or less"
        )
    return ""


def _foreign_operators(onnx: OnnxFile) -> list[str]:
    return [
        f"{domain}:{name}"
        for domain, name in onnx.operators - onnx.functions
        if domain not in RUNTIME_DOMAINS
    ]


MAX_SHOWN_NAME = 80
"""Characters."""


def listed(names: Collection[str], limit: int = 5) -> str:
    """The first names in order, and how many more there are."""
    first = ", ".join(repr(printable(name, MAX_SHOWN_NAME)) for name in sorted(names)[:limit])
    more = len(names) - limit
    return f"{first} and {more} more" if more > 0 else first or "none"
