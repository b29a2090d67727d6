"""The ways in which a stage can be run."""

import pytest

from framemesh.core.scheduling.backend import Backend
from framemesh.core.scheduling.configuration import (
    Configuration,
    InvalidConfiguration,
    Variant,
    configurations_of,
)

SMALL, LARGE = Variant("small", accuracy=0.7), Variant("large", accuracy=0.9)
EDGE, CLOUD = Backend("edge"), Backend("cloud", labels=frozenset({"gpu", "big"}))


def test_each_variant_runs_on_each_backend_in_each_size() -> None:
    found = list(configurations_of("detect", [SMALL, LARGE], [EDGE, CLOUD], [4, 1, 4]))
    assert len(found) == len(set(found)) == 8
    assert found[0] == Configuration("detect", SMALL, "edge", 1)
    assert found[-1] == Configuration("detect", LARGE, "cloud", 4)


def test_only_backends_with_all_labels_that_are_needed_count() -> None:
    found = configurations_of("detect", [SMALL], [EDGE, CLOUD], [1], frozenset({"gpu"}))
    assert [each.backend for each in found] == ["cloud"]
    assert not list(configurations_of("detect", [SMALL], [EDGE, CLOUD], [1], frozenset({"tpu"})))


def test_sizes_of_one_deployment_share_it() -> None:
    one, four = (Configuration("detect", SMALL, "edge", batch) for batch in (1, 4))
    assert one.deployment == four.deployment
    assert one.deployment != Configuration("detect", LARGE, "edge", 1).deployment


def test_a_batch_of_none_is_refused() -> None:
    with pytest.raises(InvalidConfiguration, match="batch is 0"):
        Configuration("detect", SMALL, "edge", 0)
