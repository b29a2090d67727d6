"""Which pipelines a token is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.identity.caller import Caller
from framemesh.core.identity.errors import Forbidden
from framemesh.core.identity.roles import Role
from framemesh.core.identity.scope import InvalidScope, Scope, tenant_of


def test_a_name_is_one_pipeline_and_a_star_is_all() -> None:
    street = Scope.of(["street"])
    assert street.has("street")
    assert not any(map(street.has, ("street2", "stree", "", "acme--street", "*")))
    assert all(map(Scope.of(["*"]).has, ("street", "acme--street")))


def test_a_tenant_has_its_own_pipelines_and_no_others() -> None:
    acme = Scope.of(["acme--*"])
    assert acme.has("acme--street")
    assert acme.has("acme--a--b")
    for other in ("acme", "acme-street", "acmes--street", "other--acme--street", "acme---street"):
        # The last one is of acme, too: what follows the first two hyphens is `-street`.
        assert acme.has(other) == (other == "acme---street")


@pytest.mark.parametrize("text", ["", "a b", "a*", "*--*", "--*", "acme-*", "a--b--*", "a" * 65])
def test_what_names_no_pipelines_is_refused(text: str) -> None:
    with pytest.raises(InvalidScope):
        Scope.of([text])


def test_a_scope_has_one_part_and_not_endlessly_many() -> None:
    with pytest.raises(InvalidScope):
        Scope.of([])
    with pytest.raises(InvalidScope):
        Scope.of(f"p{n}" for n in range(65))


names = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@given(names, names)
def test_no_tenant_sees_a_pipeline_of_another(one: str, two: str) -> None:
    tenants = {tenant_of(one), tenant_of(two)}
    if "" in tenants or len(tenants) == 1:
        return
    try:
        scope = Scope.of([f"{tenant_of(one)}--*"])
    except InvalidScope:
        return
    assert scope.has(one)
    assert not scope.has(two)


def test_a_watcher_of_some_cameras_never_watches_all() -> None:
    who = Caller("v", Role.VIEWER, Scope.of(["street"]), frozenset({"a"}))
    assert who.visible("street", ()) == {"a"}
    with pytest.raises(Forbidden):
        who.visible("street", ["a", "b"])
    with pytest.raises(AssertionError):
        Caller("v", Role.VIEWER, Scope.of(["street"]), frozenset())
    assert Caller("v", Role.VIEWER, Scope.of(["street"])).visible("street", ()) == frozenset()
