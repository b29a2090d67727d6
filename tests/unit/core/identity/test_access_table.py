"""Who may call what: the table against the services that there are."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import framemesh.api
from framemesh.core.identity.access import OPEN, TABLE
from framemesh.core.identity.caller import EVERYBODY, Caller
from framemesh.core.identity.decision import check_method, check_request
from framemesh.core.identity.errors import Forbidden
from framemesh.core.identity.roles import Role
from framemesh.core.identity.scope import WHOLE_MESH, Scope

STREET = Scope.of(["street"])


def methods() -> Iterator[tuple[str, Any]]:
    """Every method of ours, with the descriptor of its request."""
    root = Path(next(iter(framemesh.api.__path__)))
    for path in root.rglob("*_pb2.py"):
        name = ".".join(("framemesh.api", *path.relative_to(root).with_suffix("").parts))
        for service in importlib.import_module(name).DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield f"{service.full_name}/{method.name}", method.input_type


METHODS = dict(methods())


def caller(role: Role, pipelines: Scope = WHOLE_MESH, *cameras: str) -> Caller:
    return Caller("x", role, pipelines, frozenset(cameras) or None)


def test_every_method_has_a_row() -> None:
    ours = {name for name in TABLE if name.startswith("framemesh.")}
    assert ours == set(METHODS)
    assert not any(name.partition("/")[0] in OPEN for name in METHODS)


def test_a_row_names_fields_that_there_are() -> None:
    for name, access in TABLE.items():
        for path in filter(None, (access.pipeline, access.camera)):
            message = METHODS[name]
            *parents, last = path.split(".")
            for parent in parents:
                message = message.fields_by_name[parent].message_type
            assert message.fields_by_name[last].type == message.fields_by_name[last].TYPE_STRING


@pytest.mark.parametrize("name", METHODS)
def test_a_camera_and_a_viewer_change_nothing(name: str) -> None:
    verb = name.rpartition("/")[2]
    if verb.startswith(("Get", "List", "Watch")):
        return
    with pytest.raises(Forbidden):
        check_method(caller(Role.VIEWER), name)
    if verb != "Push":
        with pytest.raises(Forbidden):
            check_method(caller(Role.CAMERA, STREET, "a"), name)


@pytest.mark.parametrize("name", METHODS)
def test_what_is_about_the_whole_mesh_is_not_for_one_pipeline(name: str) -> None:
    access = TABLE[name]
    for role in access.roles - {Role.SERVICE}:
        if not access.pipeline and not access.filtered:
            with pytest.raises(Forbidden):
                check_method(caller(role, STREET), name)


def test_nobody_calls_what_is_not_in_the_table() -> None:
    with pytest.raises(Forbidden):
        check_method(EVERYBODY, "framemesh.api.master.v1.PipelineService/Other")


def test_only_an_admin_revokes_tokens() -> None:
    name = "framemesh.api.master.v1.TokenService/RevokeToken"
    check_method(caller(Role.ADMIN), name)
    for role in set(Role) - {Role.ADMIN}:
        with pytest.raises(Forbidden):
            check_method(caller(role), name)


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.pipeline])
def test_another_pipeline_is_refused_and_an_empty_name_stands_for_all(name: str) -> None:
    access = TABLE[name]
    who = caller(next(iter(access.roles)), STREET)
    for other in ("yard", ""):
        with pytest.raises(Forbidden):
            check_request(who, access, request(access.pipeline, other))
    check_request(who, access, request(access.pipeline, "street"))
    check_request(caller(Role.ADMIN), access, request(access.pipeline, ""))


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.pipeline])
def test_a_viewer_of_one_camera_sees_no_other_and_nothing_about_all(name: str) -> None:
    access = TABLE[name]
    who = caller(Role.VIEWER, STREET, "a")
    if access.camera is None:
        with pytest.raises(Forbidden):
            check_request(who, access, request(access.pipeline, "street"))
        return
    check_request(who, access, request(access.pipeline, "street", camera="a"))
    for camera in ("b", ""):
        with pytest.raises(Forbidden):
            check_request(who, access, request(access.pipeline, "street", camera=camera))


class Named:
    """A request with fields of these names."""

    camera: str


def request(path: str, value: str, **fields: str) -> Named:
    found = Named()
    found.camera = "a"
    for name, text in fields.items():
        setattr(found, name, text)
    *parents, last = path.split(".")
    inner = found
    for parent in parents:
        setattr(inner, parent, Named())
        inner = getattr(inner, parent)
    setattr(inner, last, value)
    return found
