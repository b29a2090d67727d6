"""Each family, from its file to places in the picture, against a reading written anew."""

import pytest

from framemesh.modeling.decoders.registry import DEMANDS
from tests.model_families.comparison import assert_same
from tests.model_families.families import ALL, family
from tests.model_families.planted import PICTURE_SIZES, picture
from tests.model_families.stage import detections


# Of large pictures, each takes a second: they are for the tests on a real Triton.
@pytest.mark.blocks_loop("calls the models directly")
@pytest.mark.parametrize("size", [size for size in PICTURE_SIZES if size != "large"])
@pytest.mark.parametrize("name", ALL)
async def test_what_is_found_is_what_the_family_defines(name: str, size: str) -> None:
    model = family(name)
    expected = model.expected(picture(size))
    assert expected
    found = await detections(model, size)
    assert_same(found, expected)


def test_every_decoder_has_a_family() -> None:
    assert {family(name).decoder.name for name in ALL} == set(DEMANDS)
