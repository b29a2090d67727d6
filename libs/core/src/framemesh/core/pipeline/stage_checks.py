"""Whether the stages of a pipeline make a graph that can be executed."""

from collections.abc import Iterator, Mapping, Sequence

from framemesh.core.documents.document import Path, Problem
from framemesh.core.pipeline.stage_spec import StageSpec


def stage_problems(stages: Sequence[StageSpec]) -> Iterator[Problem]:
    """What is wrong between the stages, and between the fields of each."""
    by_name = {stage.name: stage for stage in stages}
    earlier: set[str] = set()
    for at, stage in enumerate(stages):
        if stage.name in earlier:
            yield Problem(("stages", at, "name"), f"{stage.name!r} is taken")
        earlier.add(stage.name)
        yield from _source_problems(("stages", at), stage, by_name)
        yield from _field_problems(("stages", at), stage)
    yield from _circles(stages, by_name)


def _source_problems(
    path: Path, stage: StageSpec, by_name: Mapping[str, StageSpec]
) -> Iterator[Problem]:
    """Of the stages that it names."""
    for field, names in (("for_each", stage.for_each), ("after", stage.after)):
        for at, name in enumerate(names):
            if name not in by_name:
                known = ", ".join(each for each in by_name if each != stage.name) or "none"
                yield Problem(
                    (*path, field, at), f"no stage is named {name!r} (other stages: {known})"
                )
            elif name in names[:at]:
                yield Problem((*path, field, at), f"{name!r} is there twice")
    for at, name in enumerate(stage.after):
        if name in stage.for_each:
            yield Problem(
                (*path, "after", at), f"leave {name!r} out: for_each waits for it already"
            )


def _field_problems(path: Path, stage: StageSpec) -> Iterator[Problem]:
    if stage.labels and not stage.for_each:
        yield Problem((*path, "labels"), "only chooses crops; set for_each")
    if stage.crop_margin and not stage.for_each:
        yield Problem((*path, "crop_margin"), "only widens crops; set for_each")
    if stage.tiles and stage.for_each:
        yield Problem((*path, "tiles"), "cuts the whole frame; leave for_each out")


def _circles(stages: Sequence[StageSpec], by_name: Mapping[str, StageSpec]) -> Iterator[Problem]:
    """A problem for each circle, at the stage of it that stands first."""
    done: set[str] = set()
    for stage in stages:
        if circle := _circle_from(stage.name, by_name, done):
            first = by_name[circle[0]]
            field = "for_each" if circle[1] in first.for_each else "after"
            here = next(place for place, each in enumerate(stages) if each.name == first.name)
            yield Problem(
                ("stages", here, field),
                f"a circle: {' waits for '.join(circle)}",
            )


def _circle_from(start: str, by_name: Mapping[str, StageSpec], done: set[str]) -> tuple[str, ...]:
    """The names along a circle, the first again at its end; empty: there is none from here.

    Args:
        done: from which there is none, or none that was not told; grows.
    """
    way: list[str] = []
    waiting = [iter((start,))]
    while waiting:
        name = next(waiting[-1], None)
        if name is None:
            waiting.pop()
            if way:
                done.add(way.pop())
        elif name in way:
            done.update(way)
            return (*way[way.index(name) :], name)
        elif name in by_name and name not in done:
            way.append(name)
            waiting.append(iter(by_name[name].sources))
    return ()
