"""Messages as JSON documents."""

import json

from framemesh.api.master.v1 import model_pb2, node_pb2
from framemesh.cli.common.message_json import message_to_json


def test_a_node_has_every_field_of_its_message_by_name() -> None:
    node = node_pb2.Node(
        name="east",
        memory_bytes=2**40,
        labels={"zone": "hall", "kind": "edge"},
        gpus=[node_pb2.Gpu(uuid="GPU-1", used=0.25)],
        workers=[node_pb2.Worker(id="street-r1-0", state=node_pb2.WORKER_STATE_READY)],
    )
    status = node_pb2.NodeStatus(node=node, state=node_pb2.NODE_STATE_DRAINING)
    document = json.loads(json.dumps(message_to_json(status)))
    assert set(document["node"]) == {field.name for field in node_pb2.Node.DESCRIPTOR.fields}
    assert document["state"] == "draining"
    assert document["reserved"] is None
    assert document["node"]["memory_bytes"] == 2**40
    assert document["node"]["labels"] == {"zone": "hall", "kind": "edge"}
    assert document["node"]["gpus"][0]["used"] == 0.25
    assert document["node"]["workers"][0]["state"] == "ready"
    assert document["node"]["cost"] is None


def test_what_is_optional_and_absent_is_null() -> None:
    assert message_to_json(node_pb2.NodeCost(watts=0)) == {"price_per_hour": None, "watts": 0.0}


def test_a_state_of_a_newer_master_is_its_number() -> None:
    assert message_to_json(node_pb2.NodeStatus(state=99))["state"] == "99"  # type: ignore[arg-type]
    assert message_to_json(node_pb2.NodeStatus())["state"] == "unspecified"


def test_a_field_with_its_default_is_there() -> None:
    assert message_to_json(model_pb2.ModelUser(pipeline="street")) == {
        "pipeline": "street",
        "version": 0,
        "follows_promotions": False,
    }
