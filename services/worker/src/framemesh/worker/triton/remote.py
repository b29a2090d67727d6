"""A Triton that is run by others, given by its address."""

from collections.abc import Sequence

from google.protobuf import json_format, text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from framemesh.worker.errors import InferenceFailed, TritonStartFailed
from framemesh.worker.triton.client import TritonClient
from framemesh.worker.triton.repository import Deployment


class RemoteTriton:
    """Uses the models that the server has loaded, and loads the others.

    They stay loaded afterwards, as another worker may use them by then.
    """

    owned = False
    running = True
    """Assumed: only probes can tell."""

    def __init__(self, address: str, deployments: Sequence[Deployment]) -> None:
        self._address = address
        self._deployments = deployments

    async def start(self, client: TritonClient) -> None:
        """Connect, and load the models that are missing.

        Raises:
            TritonUnavailable: it does not answer.
            TritonStartFailed: it refuses a model.
        """
        await client.connect(self._address)
        for deployment in self._deployments:
            if not await client.ready(deployment.name):
                await self._load(client, deployment)

    async def stop(self) -> None:
        """Nothing to stop: it is not our process."""

    def last_log_line(self) -> str:
        return ""

    async def _load(self, client: TritonClient, deployment: Deployment) -> None:
        config = text_format.Parse(deployment.config(), ModelConfig())
        try:
            await client.load(
                deployment.name,
                json_format.MessageToJson(config, preserving_proto_field_name=True),
                deployment.file,
                deployment.content,
                deployment.warmup_files,
            )
        except InferenceFailed as error:
            raise TritonStartFailed(
                f"the Triton at {self._address} does not load {deployment.name}: {error}: start it "
                "with --model-control-mode=explicit, or put the model into its repository"
            ) from error
