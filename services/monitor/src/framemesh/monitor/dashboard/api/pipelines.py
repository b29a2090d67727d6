"""One pipeline in full: what it is now, and how it came about."""

import importlib
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.monitor.dashboard.api.parameters import number_of, whole_pipeline_of
from framemesh.monitor.dashboard.http.refusals import answer
from framemesh.monitor.dashboard.mesh.master import MasterAway, MasterClient
from framemesh.monitor.dashboard.mesh.pipeline_converters import pipeline_message
from framemesh.monitor.dashboard.mesh.revision_models import models
from framemesh.monitor.dashboard.mesh.shadow_converters import shadow_report
from framemesh.monitor.dashboard.mesh.watch import LOOKED_AT_SECONDS, MeshWatch
from framemesh.monitor.dashboard.messages.pipelines import Event, PipelineDetails, Revision
from framemesh.monitor.dashboard.samples.decisions import decisions
from framemesh.monitor.dashboard.samples.history import History

SPEC_YAML = "framemesh.monitor.dashboard.api.spec_yaml"
"""Imported when it is first needed: a monitor that starts needs no YAML."""

MAX_MINUTES = 15

MAX_EVENTS = 200
"""That are shown; the newest."""


class PipelineEndpoints:
    def __init__(self, master: MasterClient, watch: MeshWatch, history: History) -> None:
        self._master = master
        self._watch = watch
        self._history = history

    async def details(self, request: Request) -> Response:
        """All that is known; without a master that answers what was known of it before.

        Raises:
            NotAtMaster: there is no such pipeline.
            MasterAway: and nothing was known of it before.
        """
        name, state = whole_pipeline_of(request), self._watch.state
        found = pipeline_pb2.GetPipelineResponse()
        revisions: list[pipeline_pb2.Revision] = []
        report: pipeline_pb2.ShadowReport | None = None
        problem = ""
        try:
            found = await self._master.pipeline(name)
            revisions = await self._master.revisions(name)
            report = await self._master.shadow_report(name)
            state = replace(state, pipelines={**state.pipelines, name: found.pipeline})
        except MasterAway as error:
            if name not in state.pipelines:
                raise
            problem = str(error)
        spec = state.pipelines[name].spec
        fields = pipeline_message(state, name).model_dump()
        fields["problem"] = "; ".join(filter(None, (fields["problem"], problem)))
        return answer(
            PipelineDetails(
                **fields,
                spec_yaml=_spec_yaml(spec),
                events=[_event(each) for each in found.events[-MAX_EVENTS:]],
                revisions=[_revision(each) for each in revisions],
                shadow_report=shadow_report(report) if report else None,
            )
        )

    async def samples(self, request: Request) -> Response:
        """Of the last minutes."""
        name = whole_pipeline_of(request)
        minutes = number_of(request, "minutes", MAX_MINUTES, MAX_MINUTES)
        try:
            known = decisions(await self._master.pipeline(name))
        except MasterAway:
            known = []
        after = self._watch.state.at_unix_nano / 1e6 - 60_000 * minutes
        return answer(self._history.samples(name, after, LOOKED_AT_SECONDS, known))


def _spec_yaml(spec: pipeline_pb2.PipelineSpec) -> str:
    written: str = importlib.import_module(SPEC_YAML).spec_yaml(spec)
    return written


def _event(event: pipeline_pb2.Event) -> Event:
    return Event(
        at_ms=event.at_unix_nano / 1e6, kind=event.kind, message=event.message, times=event.times
    )


def _revision(revision: pipeline_pb2.Revision) -> Revision:
    return Revision(
        revision=revision.revision,
        models=list(models(revision.spec)),
        applied_ms=revision.applied_unix_nano / 1e6 if revision.applied_unix_nano else None,
        current=revision.current,
        problem=revision.problem,
    )
