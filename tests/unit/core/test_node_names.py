"""Names of nodes are names of hosts; other names have no dots."""

import pytest

from framemesh.core.errors import InvalidName
from framemesh.core.names import check_name, check_node_name


@pytest.mark.parametrize("name", ["east", "ip-10-0-0-1.ec2.internal", "gpu_3", "a" * 63 + ".b"])
def test_a_node_is_named_as_its_host_is(name: str) -> None:
    assert check_node_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", ".a", "a.", "a b", "a/b", "a.*", "a.>", "a\n", "a" * 64, "a." * 130]
)
def test_what_is_no_name_of_a_host_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(InvalidName, match="use the name of a host") as caught:
        check_node_name(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("what", ["camera", "pipeline", "model", "session"])
def test_names_that_are_tokens_of_subjects_have_no_dots(what: str) -> None:
    with pytest.raises(InvalidName, match=f"bad {what} name 'a.b': use 1 to 64 letters"):
        check_name(what, "a.b")
