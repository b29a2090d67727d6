import pytest

from framemesh.core.errors import InvalidName
from framemesh.core.names import check_name


@pytest.mark.parametrize("name", ["a", "Door_1", "0-9", "x" * 64])
def test_a_good_name_is_returned(name: str) -> None:
    assert check_name("camera", name) == name


@pytest.mark.parametrize("name", ["", "a b", "a.b", "a/b", "*", ">", "x" * 65, "door\n", "тур"])
def test_a_bad_name_is_refused_and_told(name: str) -> None:
    with pytest.raises(InvalidName, match=r"bad camera name .*: use 1 to 64 letters"):
        check_name("camera", name)
