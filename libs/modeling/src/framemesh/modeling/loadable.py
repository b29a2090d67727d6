"""Whether the runtime that workers have can load an ONNX file, as far as the file tells."""

from collections.abc import Collection

from framemesh.modeling.errors import misfit
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.onnx_file import OnnxFile

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
    if onnx.external:
        raise misfit(
            manifest,
            f"the weights of {listed(onnx.external)} lie in a second file, which is not sent: save "
            "it as one file (onnx.save(onnx.load(...), ..., save_as_external_data=False))",
        )
    if onnx.missing:
        raise misfit(
            manifest, f"nothing in it makes the tensors {listed(onnx.missing)}: export it anew"
        )
    if not 0 < onnx.ir_version <= MAX_IR_VERSION:
        raise misfit(
            manifest,
            f"its IR version is {onnx.ir_version}, and workers load 1 to {MAX_IR_VERSION}: export "
            "it for an older ONNX",
        )
    if not onnx.opsets:
        raise misfit(manifest, "it does not say which opset it uses: export it anew")
    if (opset := onnx.opsets.get("", 1)) > MAX_OPSET:
        raise misfit(
            manifest,
            f"its opset is {opset}, and workers load up to {MAX_OPSET}: export it with "
            f"opset_version={MAX_OPSET} or less",
        )
    if foreign := _foreign_operators(onnx):
        raise misfit(
            manifest, f"workers lack its operators {listed(foreign)}: export it without plug-ins"
        )


def _foreign_operators(onnx: OnnxFile) -> list[str]:
    return [
        f"{domain}:{name}"
        for domain, name in onnx.operators - onnx.functions
        if domain not in RUNTIME_DOMAINS
    ]


def listed(names: Collection[str], limit: int = 5) -> str:
    """The first names in order, and how many more there are."""
    first = ", ".join(repr(name) for name in sorted(names)[:limit])
    more = len(names) - limit
    return f"{first} and {more} more" if more > 0 else first or "none"
