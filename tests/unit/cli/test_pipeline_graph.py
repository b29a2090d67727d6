"""The stages of a pipeline as people see them."""

from rich.console import Console

from framemesh.cli.views.pipelines.graph import graph_tree
from framemesh.core.graph.condition.parsing import parse
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec, TilesSpec


def test_a_stage_stands_below_the_last_that_it_waits_for() -> None:
    stages = (
        StageSpec("ids", "reid", for_each=("people", "cars")),
        StageSpec("people", "person", 2),
        StageSpec("faces", "face", 1, for_each=("people",), labels=("person", "rider")),
        StageSpec("cars", "car"),
        StageSpec("scene", "scene", after=("people", "ids"), when=parse("count(ids) > 2")),
        StageSpec("sea", "ship", tiles=TilesSpec()),
    )
    console = Console(width=100)
    with console.capture() as capture:
        console.print(graph_tree(PipelineSpec("yard", stages)))
    assert [line.rstrip() for line in capture.get().splitlines()] == [
        "yard",
        "├── people  person:2",
        "│   └── faces  face:1  for each of people [person, rider]",
        "├── cars  car",
        "│   └── ids  reid  for each of people, cars",
        "│       └── scene  scene  after people  when count(ids) > 2",
        "└── sea  ship  tiles of 640",
    ]
