"""Between the messages about sinks and the master's values."""

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import sink_pb2
from framemesh.core.outcome import Fate
from framemesh.core.sinks.redaction import redacted
from framemesh.core.sinks.spec import SinkKind, SinkOptions, SinkSpec
from framemesh.master.errors import MalformedCall
from framemesh.master.sinks.manager import RunningSink

_KIND_TO_PROTO = {kind: sink_pb2.SinkKind.Value(f"SINK_KIND_{kind.name}") for kind in SinkKind}
_KIND_FROM_PROTO = {number: kind for kind, number in _KIND_TO_PROTO.items()}
_FATE_TO_PROTO = {fate: outcome_pb2.Fate.Value(f"FATE_{fate.name}") for fate in Fate}
_FATE_FROM_PROTO = {number: fate for fate, number in _FATE_TO_PROTO.items()}


def spec_from_proto(message: sink_pb2.SinkSpec) -> SinkSpec:
    """
    Raises:
        MalformedCall: its kind, or one of its fates, is none that this version knows.
    """
    options = message.options
    try:
        return SinkSpec(
            name=message.name,
            pipeline=message.pipeline,
            kind=_KIND_FROM_PROTO[message.kind],
            target=message.target,
            cameras=tuple(message.cameras),
            labels=tuple(message.labels),
            fates=tuple(_FATE_FROM_PROTO[fate] for fate in message.fates),
            from_start=message.from_start,
            options=SinkOptions(
                file_bytes=options.file_bytes,
                file_seconds=options.file_seconds,
                folder_bytes=options.folder_bytes,
                frames_per_second=options.frames_per_second,
                batch=options.batch,
                in_flight=options.in_flight,
                secret=options.secret,
                topic=options.topic,
            ),
        )
    except KeyError as error:
        raise MalformedCall(
            f"a sink has kind or fate {error}, which this one does not know"
        ) from None


def sink_to_proto(sink: RunningSink) -> sink_pb2.Sink:
    """Without anything that must not be seen."""
    state, behind = sink.state, sink.behind
    return sink_pb2.Sink(
        spec=_spec_to_proto(redacted(sink.stored.spec)),
        number=sink.stored.number,
        behind_results=behind.results if behind else None,
        behind_seconds=behind.seconds if behind else 0,
        holder=state.holder,
        written=state.written,
        lost_entries=state.lost_entries,
        missing_pictures=state.missing_pictures,
        trouble=state.trouble,
        refused_results=state.refused_results,
    )


def _spec_to_proto(spec: SinkSpec) -> sink_pb2.SinkSpec:
    options = spec.options
    return sink_pb2.SinkSpec(
        name=spec.name,
        pipeline=spec.pipeline,
        kind=_KIND_TO_PROTO[spec.kind],
        target=spec.target,
        cameras=spec.cameras,
        labels=spec.labels,
        fates=[_FATE_TO_PROTO[fate] for fate in spec.fates],
        from_start=spec.from_start,
        options=sink_pb2.SinkOptions(
            file_bytes=options.file_bytes,
            file_seconds=options.file_seconds,
            folder_bytes=options.folder_bytes,
            frames_per_second=options.frames_per_second,
            batch=options.batch,
            in_flight=options.in_flight,
            topic=options.topic,
        ),
    )
