"""Each file is recognised, and framemesh finds in pictures what its package's own code finds."""

from pathlib import Path

import cv2
import pytest

from tests.real_models.checked import check, manifest
from tests.real_models.comparing import MASK_TOLERANCE, TOLERANCE, difference
from tests.real_models.conftest import Report
from tests.real_models.models import MODELS
from tests.real_models.packages_run import ENVIRONMENT, found_by_package
from tests.real_models.real_model import RealModel
from tests.real_models.served import detections

pytestmark = [
    pytest.mark.real_models,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        not ENVIRONMENT.exists(), reason="the packages are not installed: make real-models"
    ),
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checked")


@pytest.fixture(params=MODELS.values(), ids=[*MODELS])
def model(request: pytest.FixtureRequest) -> RealModel:
    assert isinstance(request.param, RealModel)
    return request.param


def test_a_file_tells_what_it_is_or_its_decoder_is_named(model: RealModel, folder: Path) -> None:
    checked = check(model.given(folder), (), folder)
    if model.told:
        assert checked.document is not None, checked.said
        assert checked.document["decoder"]["name"] == model.decoder
    else:
        assert checked.document is None, checked.said
        assert f"--decoder {model.decoder} " in checked.said


@pytest.mark.blocks_loop("the models run in the test itself")
async def test_framemesh_finds_what_the_package_finds(
    model: RealModel, folder: Path, tmp_path: Path, report: Report
) -> None:
    checked = check(model.given(folder), model.options, folder)
    assert checked.document is not None, checked.said
    paths = {name: tmp_path / f"{name}.png" for name in model.pictures}
    drawn = {name: draw() for name, draw in model.pictures.items()}
    for name, image in drawn.items():
        assert cv2.imwrite(str(paths[name]), image)
    theirs = dict(zip(drawn, found_by_package(model.script, [*paths.values()]), strict=True))
    file, too_far = model.given(folder).read_bytes(), []
    for name, image in drawn.items():
        size = theirs[name][0]["input"] if model.fitted and theirs[name] else None
        ours = await detections(
            file, manifest(model, checked.document, size), paths[name].read_bytes()
        )
        pixels = (image.shape[1], image.shape[0])
        apart = difference(ours, theirs[name], pixels, model.rounding)
        report(f"{name}: {len(ours)} found, {apart}")
        if not apart.within(*model.loose.get(name, (TOLERANCE, TOLERANCE)), MASK_TOLERANCE):
            too_far.append(f"{name}: {apart}")
    assert not too_far
