"""Requests to a model whose inputs differ in size.

The inputs beside the image go in the request itself: they may follow the size as well.
"""

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2 as pb

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.signature import Tensor
from framemesh.vision.arrays import Input
from framemesh.vision.constants import constant_values
from framemesh.worker.triton.repository import Deployment
from framemesh.worker.triton.shared_span import place
from framemesh.worker.triton.staging import StagingBlocks


class SizedRequests:
    """Of one model."""

    def __init__(
        self, deployment: Deployment, inputs: Sequence[Input], staging: StagingBlocks, region: str
    ) -> None:
        """
        Args:
            inputs: the rows, each as large as the largest input.
            region: the name under which Triton knows the memory of `staging`.
        """
        self._deployment = deployment
        self._inputs = inputs
        self._staging = staging
        self._region = region

    def request(self, rows: Sequence[int], size: InputSize, block: int | None) -> bytes:
        """A serialized request for inputs of one size. It copies them: ask in a thread.

        Args:
            block: of `staging`, to put them together in; None: they go in the request.
        """
        deployment = self._deployment
        request = pb.ModelInferRequest(
            model_name=deployment.name, model_version=str(deployment.version)
        )
        image, *others = deployment.inputs_of(size)
        for tensor in (image, *others):
            shape = deployment.request_shape(tensor, len(rows))
            request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=shape)
        for output in deployment.signature.outputs:
            request.outputs.add(name=output.name)
        images = self._images(rows, image)
        if block is None:
            request.raw_input_contents.append(b"".join(each.data for each in images))
        else:
            place(request.inputs[0], self._region, self._staging.gather(block, images))
        constants = deployment.manifest.of_size(size.width, size.height).constant_numbers
        for tensor in others:
            request.raw_input_contents.append(
                constant_values(constants, tensor, len(rows)).tobytes()
            )
        return bytes(request.SerializeToString())

    def _images(self, rows: Sequence[int], image: Tensor) -> list[NDArray[np.uint8]]:
        """The inputs as bytes. A fixed batch is filled up; what the model makes of that is not
        read."""
        count = prod(image.image_shape)
        written = [self._inputs[row].reshape(-1)[:count].view(np.uint8) for row in rows]
        missing = max(0, self._deployment.signature.fixed_batch - len(rows))
        return [*written, *[np.zeros(image.image_bytes, np.uint8)] * missing]
