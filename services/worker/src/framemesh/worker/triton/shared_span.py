"""Where in shared memory a tensor of a request lies."""

from tritonclient.grpc import service_pb2 as pb


def place(
    tensor: pb.ModelInferRequest.InferInputTensor | pb.ModelInferRequest.InferRequestedOutputTensor,
    region: str,
    span: tuple[int, int],
) -> None:
    """Say it to Triton: `span` is the offset in the region and the size, in bytes."""
    offset, size = span
    tensor.parameters["shared_memory_region"].string_param = region
    tensor.parameters["shared_memory_offset"].int64_param = offset
    tensor.parameters["shared_memory_byte_size"].int64_param = size
