"""Services that answer as they are told, on one address."""

import hashlib
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from typer.testing import CliRunner, Result

from framemesh.api.common.v1 import frame_pb2, outcome_pb2
from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.api.master.v1 import (
    model_pb2,
    model_pb2_grpc,
    node_pb2,
    node_pb2_grpc,
    pipeline_pb2,
    pipeline_pb2_grpc,
)
from framemesh.api.monitor.v1 import (
    dead_letter_pb2,
    dead_letter_pb2_grpc,
    monitor_pb2,
    monitor_pb2_grpc,
)
from framemesh.cli.app import app


class Services(
    ingest_pb2_grpc.IngestServiceServicer,
    pipeline_pb2_grpc.PipelineServiceServicer,
    model_pb2_grpc.ModelServiceServicer,
    node_pb2_grpc.NodeServiceServicer,
    monitor_pb2_grpc.MonitorServiceServicer,
    dead_letter_pb2_grpc.DeadLetterServiceServicer,
):
    """Keeps what it is sent. Frames that begin with b"bad" are rejected."""

    def __init__(self) -> None:
        self.address = ""
        self.frames: dict[str, list[ingest_pb2.Frame]] = {}
        self.arrivals: dict[str, list[tuple[ingest_pb2.Frame, int]]] = {}
        """The same frames, each with its arrival in Unix nanoseconds."""
        self.sessions: dict[str, list[str]] = {}
        """Of each camera, in the order in which they were opened."""
        self.dead: list[dead_letter_pb2.GetDeadLetterResponse] = []
        """Dead letters, oldest first."""
        self.known: list[monitor_pb2.FrameRecord] = []
        self.seconds_a_frame = 0.0
        self.pipelines: dict[str, pipeline_pb2.PipelineSpec] = {}
        self.shadow: pipeline_pb2.ShadowReport | None = None
        """Of whichever pipeline."""
        self.nodes: list[node_pb2.NodeStatus] = []
        self.events: list[pipeline_pb2.Event] = []
        self.asked = 0
        """How often for a single pipeline."""
        self.ready_after: int | None = None
        """So many questions; None: never."""
        self.manifest = ""
        self.chunks: list[bytes] = []
        self.received = b""
        """Of the file of a model; a test may have it begin with some."""
        self.resumed_at: list[int] = []
        """How much of it there was when it was submitted, each time."""
        self.stuck = False
        """Whether no byte of it arrives."""
        self.breaks_after: list[int] = []
        """The call breaks when so many bytes of it are there, each once."""
        self.hint: ingest_pb2.Hint | None = None
        """For every camera."""
        self.watched: monitor_pb2.WatchResultsRequest | None = None

    def Push(
        self, request_iterator: Iterator[ingest_pb2.PushRequest], context: Any
    ) -> Iterator[ingest_pb2.PushResponse]:
        opening = next(request_iterator).open
        credit = ingest_pb2.Credit(frames=4, bytes=1 << 20)
        opened = ingest_pb2.SessionOpened(credit=credit, max_frame_bytes=1 << 20)
        yield ingest_pb2.PushResponse(opened=opened)
        if self.hint is not None:
            yield ingest_pb2.PushResponse(hint=self.hint)
        frames = self.frames.setdefault(opening.camera, [])
        arrivals = self.arrivals.setdefault(opening.camera, [])
        self.sessions.setdefault(opening.camera, []).append(opening.session)
        for request in request_iterator:
            if not request.HasField("frame"):
                continue
            frames.append(request.frame)
            arrivals.append((request.frame, time.time_ns()))
            time.sleep(self.seconds_a_frame)
            yield ingest_pb2.PushResponse(acknowledgement=_answer(request.frame))

    def ApplyPipeline(
        self, request: pipeline_pb2.ApplyPipelineRequest, context: Any
    ) -> pipeline_pb2.ApplyPipelineResponse:
        self.pipelines[request.spec.name] = request.spec
        pipeline = pipeline_pb2.Pipeline(spec=request.spec, revision=1)
        return pipeline_pb2.ApplyPipelineResponse(pipeline=pipeline)

    def GetPipeline(
        self, request: pipeline_pb2.GetPipelineRequest, context: Any
    ) -> pipeline_pb2.GetPipelineResponse:
        if request.name not in self.pipelines:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no pipeline {request.name!r}")
        self.asked += 1
        current = 1 if self.ready_after is not None and self.asked > self.ready_after else 0
        pipeline = pipeline_pb2.Pipeline(
            spec=self.pipelines[request.name],
            revision=2,
            ready_workers=current + 1,
            current_workers=current,
            wanted_workers=self.pipelines[request.name].workers.min,
            trouble="" if current else "street-r2-0: Triton cannot load person",
            conditions=self._conditions(current),
        )
        return pipeline_pb2.GetPipelineResponse(pipeline=pipeline, events=self.events)

    def _conditions(self, ready: int) -> list[pipeline_pb2.Condition]:
        if ready:
            return [pipeline_pb2.Condition(name="ready", message="1 of 1 workers of revision 2")]
        done = f"street-r2-0 on east downloads model person 1: {self.asked} of 40 MB"
        why = "street-r2-1 on west: Triton cannot load person"
        return [
            pipeline_pb2.Condition(name="pulling", message=done),
            pipeline_pb2.Condition(name="degraded", message=why),
        ]

    def ListPipelines(
        self, request: pipeline_pb2.ListPipelinesRequest, context: Any
    ) -> pipeline_pb2.ListPipelinesResponse:
        return pipeline_pb2.ListPipelinesResponse(
            pipelines=[
                pipeline_pb2.Pipeline(
                    spec=spec, revision=1, ready_workers=2, wanted_workers=spec.workers.min
                )
                for spec in self.pipelines.values()
            ]
        )

    def ListRevisions(
        self, request: pipeline_pb2.ListRevisionsRequest, context: Any
    ) -> pipeline_pb2.ListRevisionsResponse:
        spec = self.pipelines[request.name]
        newest = pipeline_pb2.Revision(
            revision=4, spec=spec, current=True, applied_unix_nano=1_700_000_000_000_000_000
        )
        given_up = pipeline_pb2.Revision(revision=3, spec=spec, problem="no worker was ready")
        return pipeline_pb2.ListRevisionsResponse(revisions=[newest, given_up])

    def RollBackPipeline(
        self, request: pipeline_pb2.RollBackPipelineRequest, context: Any
    ) -> pipeline_pb2.RollBackPipelineResponse:
        pipeline = pipeline_pb2.Pipeline(revision=request.revision or 2)
        return pipeline_pb2.RollBackPipelineResponse(pipeline=pipeline)

    def GetShadowReport(
        self, request: pipeline_pb2.GetShadowReportRequest, context: Any
    ) -> pipeline_pb2.GetShadowReportResponse:
        if self.shadow is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"pipeline {request.name!r} has no shadow")
        return pipeline_pb2.GetShadowReportResponse(report=self.shadow)

    def EndShadow(
        self, request: pipeline_pb2.EndShadowRequest, context: Any
    ) -> pipeline_pb2.EndShadowResponse:
        report, self.shadow = self.shadow, None
        return pipeline_pb2.EndShadowResponse(report=report)

    def DeletePipeline(
        self, request: pipeline_pb2.DeletePipelineRequest, context: Any
    ) -> pipeline_pb2.DeletePipelineResponse:
        if not request.discard_pending:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "3 accepted frames wait in street")
        del self.pipelines[request.name]
        return pipeline_pb2.DeletePipelineResponse(discarded=3)

    def SubmitModel(
        self, request_iterator: Iterator[model_pb2.SubmitModelRequest], context: Any
    ) -> Iterator[model_pb2.SubmitModelResponse]:
        announced = next(request_iterator).announcement
        self.manifest = announced.manifest
        yield model_pb2.SubmitModelResponse(received_bytes=len(self.received))
        self.resumed_at.append(len(self.received))
        if self.stuck:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the network was cut")
        for request in request_iterator:
            self.chunks.append(request.chunk)
            self.received += request.chunk
            if len(self.received) in self.breaks_after:
                self.breaks_after.remove(len(self.received))
                context.abort(grpc.StatusCode.UNAVAILABLE, "the network was cut")
        assert hashlib.sha256(self.received).hexdigest() == announced.digest
        model = model_pb2.Model(name="person", version=4, size_bytes=announced.size_bytes)
        yield model_pb2.SubmitModelResponse(model=model)

    def PromoteModel(
        self, request: model_pb2.PromoteModelRequest, context: Any
    ) -> model_pb2.PromoteModelResponse:
        if request.version > 4:
            context.abort(grpc.StatusCode.NOT_FOUND, "model 'person' has no version 5")
        return model_pb2.PromoteModelResponse(promotion=_promotion(request.version, 3))

    def RollBackModel(
        self, request: model_pb2.RollBackModelRequest, context: Any
    ) -> model_pb2.RollBackModelResponse:
        return model_pb2.RollBackModelResponse(promotion=_promotion(3, 0))

    def ListModels(
        self, request: model_pb2.ListModelsRequest, context: Any
    ) -> model_pb2.ListModelsResponse:
        model = model_pb2.Model(name="person", version=4, decoder="centernet", size_bytes=4_400_000)
        return model_pb2.ListModelsResponse(models=[model])

    def GetModel(
        self, request: model_pb2.GetModelRequest, context: Any
    ) -> model_pb2.GetModelResponse:
        model = model_pb2.Model(name=request.name, version=4, size_bytes=4_400_000)
        manifest = '{"labels": ["person"], "input": {"width": 384, "height": 384}}'
        return model_pb2.GetModelResponse(model=model, manifest=manifest)

    def ListNodes(
        self, request: node_pb2.ListNodesRequest, context: Any
    ) -> node_pb2.ListNodesResponse:
        return node_pb2.ListNodesResponse(nodes=self.nodes)

    def GetStatus(
        self, request: monitor_pb2.GetStatusRequest, context: Any
    ) -> monitor_pb2.GetStatusResponse:
        if request.pipeline not in {"", *self.pipelines}:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no pipeline {request.pipeline!r}")
        ledger = monitor_pb2.CameraLedger(camera="door", offered=2, accepted=2, done=2)
        return monitor_pb2.GetStatusResponse(
            pipelines=[
                monitor_pb2.PipelineStatus(pipeline=name, cameras=[ledger])
                for name in self.pipelines
            ]
        )

    def WatchResults(
        self, request: monitor_pb2.WatchResultsRequest, context: Any
    ) -> Iterator[monitor_pb2.WatchResultsResponse]:
        self.watched = request
        sequence = 0
        while context.is_active():
            sequence += 1
            frame = frame_pb2.FrameId(camera="door", session="s", sequence=sequence)
            yield monitor_pb2.WatchResultsResponse(
                outcome=outcome_pb2.Outcome(frame=frame, fate=outcome_pb2.FATE_DONE)
            )

    def GetFrame(
        self, request: monitor_pb2.GetFrameRequest, context: Any
    ) -> monitor_pb2.GetFrameResponse:
        ledger = monitor_pb2.CameraLedger(camera=request.camera, offered=9, done=7, dead=2)
        frames = [
            each
            for each in self.known
            if each.frame.camera == request.camera
            and each.frame.sequence == request.sequence
            and request.session in {"", each.frame.session}
        ]
        return monitor_pb2.GetFrameResponse(frames=frames, ledger=ledger)

    def ListDeadLetters(
        self, request: dead_letter_pb2.ListDeadLettersRequest, context: Any
    ) -> dead_letter_pb2.ListDeadLettersResponse:
        """Two a page, whatever is asked for."""
        letters = [one.dead_letter for one in self._selected(request)][::-1]
        begin = int(request.page_token or 0)
        more = str(begin + 2) if begin + 2 < len(letters) else ""
        return dead_letter_pb2.ListDeadLettersResponse(
            dead_letters=letters[begin : begin + 2], next_page_token=more
        )

    def GetDeadLetter(
        self, request: dead_letter_pb2.GetDeadLetterRequest, context: Any
    ) -> dead_letter_pb2.GetDeadLetterResponse:
        if not (found := self._selected(request)):
            context.abort(grpc.StatusCode.NOT_FOUND, "no such dead letter is kept")
        return found[-1]

    def PurgeDeadLetters(
        self, request: pipeline_pb2.PurgeDeadLettersRequest, context: Any
    ) -> pipeline_pb2.PurgeDeadLettersResponse:
        purged = self._selected(request)
        self.dead = [one for one in self.dead if one not in purged]
        return pipeline_pb2.PurgeDeadLettersResponse(purged=len(purged))

    def bury(
        self,
        camera: str,
        sequence: int,
        image: bytes,
        crc32: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        frame = frame_pb2.FrameId(camera=camera, session="old", sequence=sequence)
        letter = dead_letter_pb2.DeadLetter(
            frame=frame,
            reason="undecodable",
            detail="bad marker",
            attempts=3,
            worker="w1",
            captured_unix_nano=1_700_000_000_000_000_000 + sequence,
            died_unix_nano=1_700_000_060_000_000_000,
            image_bytes=len(image),
            crc32=zlib.crc32(image) if crc32 is None else crc32,
            headers=headers,
        )
        self.dead.append(dead_letter_pb2.GetDeadLetterResponse(dead_letter=letter, image=image))

    def _selected(
        self,
        request: dead_letter_pb2.ListDeadLettersRequest
        | dead_letter_pb2.GetDeadLetterRequest
        | pipeline_pb2.PurgeDeadLettersRequest,
    ) -> list[dead_letter_pb2.GetDeadLetterResponse]:
        return [
            one
            for one in self.dead
            if request.camera in {"", one.dead_letter.frame.camera}
            and request.session in {"", one.dead_letter.frame.session}
            and request.sequence in {0, one.dead_letter.frame.sequence}
        ]


def _promotion(version: int, previous: int) -> model_pb2.Promotion:
    model = model_pb2.Model(name="person", version=version)
    return model_pb2.Promotion(model=model, previous_version=previous, pipelines={"street": 7})


def _answer(frame: ingest_pb2.Frame) -> ingest_pb2.Acknowledgement:
    if frame.filtered:
        return ingest_pb2.Acknowledgement(
            rejected=[
                ingest_pb2.Rejection(
                    sequence=frame.sequence, reason=ingest_pb2.REJECTION_REASON_FILTERED
                )
            ]
        )
    if not frame.image.startswith(b"bad"):
        return ingest_pb2.Acknowledgement(accepted=[frame.sequence])
    rejection = ingest_pb2.Rejection(
        sequence=frame.sequence,
        reason=ingest_pb2.REJECTION_REASON_NOT_AN_IMAGE,
        message="send a JPEG, PNG or WebP",
    )
    return ingest_pb2.Acknowledgement(rejected=[rejection])


@contextmanager
def serving(services: Services, address: str = "127.0.0.1:0") -> Iterator[None]:
    with ThreadPoolExecutor(8) as threads:
        server = grpc.server(threads)
        ingest_pb2_grpc.add_IngestServiceServicer_to_server(services, server)
        pipeline_pb2_grpc.add_PipelineServiceServicer_to_server(services, server)
        model_pb2_grpc.add_ModelServiceServicer_to_server(services, server)
        node_pb2_grpc.add_NodeServiceServicer_to_server(services, server)
        monitor_pb2_grpc.add_MonitorServiceServicer_to_server(services, server)
        dead_letter_pb2_grpc.add_DeadLetterServiceServicer_to_server(services, server)
        services.address = f"127.0.0.1:{server.add_insecure_port(address)}"
        server.start()
        try:
            yield
        finally:
            server.stop(grace=None).wait(10)


@pytest.fixture
def services() -> Iterator[Services]:
    services = Services()  # type: ignore[abstract]  # no command calls the rest
    with serving(services):
        yield services


Run = Callable[..., Result]


@pytest.fixture
def run(services: Services) -> Run:
    """Runs a command against the services."""
    environment = {
        f"FRAMEMESH_{name}": services.address for name in ("INGEST", "MASTER", "MONITOR")
    }

    def run(*arguments: str | Path) -> Result:
        return CliRunner(env=environment).invoke(app, list(map(str, arguments)))

    return run
