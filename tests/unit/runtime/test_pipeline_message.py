from framemesh.core.graph.condition.parsing import parse
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec, TilesSpec
from framemesh.core.pipeline.zones import ZoneSpec
from framemesh.runtime.messages import pipeline_message


def test_a_stage_on_tiles_survives_the_wire() -> None:
    spec = PipelineSpec(
        "harbour",
        (
            StageSpec("boats", "boat", 3, tiles=TilesSpec(512, 0.25, whole=True)),
            StageSpec("names", "text", 1, for_each=("boats",), labels=("ship",), crop_margin=0.25),
        ),
    )
    assert pipeline_message.from_proto(pipeline_message.to_proto(spec)) == spec


def test_tiles_that_are_only_named_have_their_defaults() -> None:
    message = pipeline_message.to_proto(PipelineSpec("harbour", (StageSpec("boats", "boat"),)))
    message.stages[0].tiles.SetInParent()
    (stage,) = pipeline_message.from_proto(message).stages
    assert stage.tiles == TilesSpec(640, 0.2, whole=False)


def test_conditions_zones_and_what_a_stage_waits_for_survive_the_wire() -> None:
    yard = ZoneSpec(((0.0, 0.5), (0.5, 0.5), (0.5, 1.0)), cameras=("gate",))
    spec = PipelineSpec(
        "harbour",
        (
            StageSpec("boats", "boat"),
            StageSpec("names", "text", for_each=("boats",), when=parse("in_zone('yard')")),
            StageSpec("weather", "sky", after=("boats", "names"), when=parse("count(boats) > 2")),
        ),
        zones={"yard": yard, "all": ZoneSpec(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))},
    )
    assert pipeline_message.from_proto(pipeline_message.to_proto(spec)) == spec
