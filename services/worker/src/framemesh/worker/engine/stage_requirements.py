"""What a stage needs of Triton, worked out before Triton is started."""

from collections.abc import Callable
from dataclasses import dataclass

from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.mapped_weights import is_large
from framemesh.modeling.validation import validate_model
from framemesh.vision.preprocess import Preprocessor
from framemesh.worker.engine.batching import BatchPolicy
from framemesh.worker.triton.repository import CPU, Deployment
from framemesh.worker.vision.decoders.decoder import Decoder
from framemesh.worker.vision.decoders.sized import decoders_of

MAX_MEMORY_BYTES = 256 * 1024 * 1024
"""Of the inputs and outputs of one stage. Fewer rows only mean fewer frames at once."""


@dataclass(frozen=True, slots=True)
class StageRequirements:
    """A stage whose model, manifest and decoder were found to fit together."""

    spec: StageSpec
    deployment: Deployment
    preprocessor: Preprocessor
    decoder_of: Callable[[InputSize], Decoder]
    policy: BatchPolicy
    rows: int
    result_bytes: int
    """What the model may tell of one image at most."""


def requirements_of(
    stage: StageSpec, model: LocalModel, cpus: int, device: str, *, latency_bound: bool
) -> StageRequirements:
    """
    Args:
        latency_bound: requests must not wait at Triton, where frames would grow too old unseen.

    Raises:
        ModelInvalid, UnknownDecoder: the model, its manifest and its decoder do not fit.
    """
    manifest = model.manifest
    validated = validate_model(manifest, model.onnx)
    signature = validated.signature
    on_cpus = device == CPU and not manifest.simulated
    # What the instances of a large model have beside its weights would be more than they gain: one
    # has all CPUs.
    alone = not on_cpus or is_large(model.onnx)
    instances = manifest.instances or (1 if alone else cpus)
    threads = cpus if on_cpus and alone and not manifest.instances else 1
    image_bytes = sum(
        max(0, tensor.image_bytes) for tensor in (*signature.inputs, *signature.outputs)
    )
    affordable = max(1, MAX_MEMORY_BYTES // image_bytes)
    largest_batch = min(manifest.max_batch, affordable)
    if manifest.input.multiple_of:
        # Each request has its inputs a second time, in one piece.
        affordable = max(1, affordable // 2)
        largest_batch = min(manifest.max_batch, max(1, affordable // (instances + 1)))
    policy = BatchPolicy(
        max_batch=largest_batch,
        max_delay_seconds=stage.max_delay_ms / 1000,
        instances=instances,
        queued_requests=0 if latency_bound else 1,
    )
    # Enough for all requests at Triton and, meanwhile, for what is decoded or waits for a batch.
    wanted = policy.max_requests * policy.max_batch + max(policy.max_batch, 2 * cpus)
    return StageRequirements(
        spec=stage,
        deployment=Deployment(
            manifest,
            model.version,
            model.onnx,
            signature,
            instances=instances,
            threads=threads,
            largest_batch=policy.max_batch,
            kind=device,
            declared=validated.declared,
        ),
        preprocessor=Preprocessor(manifest.input),
        decoder_of=decoders_of(manifest, validated),
        policy=policy,
        rows=min(wanted, affordable),
        result_bytes=validated.result.bytes,
    )
