"""Finds ONVIF cameras by WS-Discovery: one question to all of the network, and who answers.

Written here because it is one message and its answers: the packages for it are without releases for
years, or bring a SOAP client. What answers is anybody, so answers are bounded, and read without
entities.
"""

import re
import select
import socket
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import psutil

from framemesh.sources.errors import SourceUnreadable

GROUP = ("239.255.255.250", 3702)
"""Of WS-Discovery, in IPv4."""

DISCOVERY_SECONDS = 3.0
"""Devices wait up to half a second before they answer; the question is asked twice."""

ASKED_TIMES = 2
"""Of UDP any may be lost."""

MAX_CAMERAS = 1000
MAX_ANSWER_BYTES = 64 * 1024

_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_NETWORK = "http://www.onvif.org/ver10/network/wsdl"
_SCOPE = re.compile(r"onvif://www\.onvif\.org/(name|hardware)/(\S+)")
_ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">
<s:Header><a:Action>{discovery}/Probe</a:Action><a:MessageID>urn:uuid:{id}</a:MessageID>
<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>
<s:Body><d:Probe xmlns:d="{discovery}">
<d:Types xmlns:n="{network}">n:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"""


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """What a camera says of itself."""

    address: str
    """Of its host."""
    name: str
    hardware: str
    service: str
    """The URL of its ONVIF service: an ONVIF program asks there for the URLs of its streams."""


def discover_cameras(seconds: float = DISCOVERY_SECONDS, address: str = "") -> list[FoundCamera]:
    """Those that answer in so many seconds, by their addresses; with `address`, host:port, only
    that one is asked.

    Raises:
        SourceUnreadable: it is no address, or no network can be asked.
    """
    sockets = _sockets(address)
    try:
        found: dict[str, FoundCamera] = {}
        for answer in _answers(sockets, _target(address), seconds):
            for camera in read_answer(answer):
                if len(found) < MAX_CAMERAS:
                    found.setdefault(camera.service, camera)
    finally:
        for each in sockets:
            each.close()
    return sorted(found.values(), key=lambda camera: (camera.address, camera.service))


def question(message_id: str) -> bytes:
    """Who is a camera? In one datagram."""
    return _PROBE.format(id=message_id, discovery=_DISCOVERY, network=_NETWORK).encode()


def read_answer(answer: bytes) -> Iterator[FoundCamera]:
    """The cameras of an answer; none of what is no answer."""
    if len(answer) > MAX_ANSWER_BYTES or _ENTITIES.search(answer):
        return
    try:
        root = ET.fromstring(answer)  # noqa: S314  it is bounded, and has no entities
    except ET.ParseError:
        return
    for match in root.iter(f"{{{_DISCOVERY}}}ProbeMatch"):
        services = (match.findtext(f"{{{_DISCOVERY}}}XAddrs") or "").split()
        scopes = dict(_SCOPE.findall(match.findtext(f"{{{_DISCOVERY}}}Scopes") or ""))
        for service in services[:1]:
            host = _host(service)
            if host:
                name, hardware = (_plain(scopes.get(key, "")) for key in ("name", "hardware"))
                yield FoundCamera(host, name, hardware, service)


def _answers(
    sockets: list[socket.socket], target: tuple[str, int], seconds: float
) -> Iterator[bytes]:
    end = time.monotonic() + seconds
    asked, next_question = 0, time.monotonic()
    message = question(str(uuid.uuid4()))
    while (left := end - time.monotonic()) > 0:
        if asked < ASKED_TIMES and time.monotonic() >= next_question:
            asked, next_question = asked + 1, time.monotonic() + seconds / 4
            _ask(sockets, message, target)
        ready, _, _ = select.select(sockets, [], [], min(left, 0.1))
        for each in ready:
            yield each.recv(MAX_ANSWER_BYTES + 1)


def _ask(sockets: list[socket.socket], message: bytes, target: tuple[str, int]) -> None:
    """
    Raises:
        SourceUnreadable: no network takes the question.
    """
    failure: OSError | None = None
    for each in sockets:
        try:
            each.sendto(message, target)
            failure = None
        except OSError as error:
            failure = error
    if failure is not None and len(sockets) == 1:
        raise SourceUnreadable(f"cannot ask {target[0]}: {(failure.strerror or '').lower()}")


def _sockets(address: str) -> list[socket.socket]:
    """One for each network of this machine: the system would choose a single one."""
    if address:
        return [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
    sockets = []
    for own in _own_addresses():
        each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        each.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        each.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        sockets.append(each)
    if not sockets:
        raise SourceUnreadable("this machine has no network with IPv4")
    return sockets


def _own_addresses() -> list[str]:
    return [
        each.address
        for addresses in psutil.net_if_addrs().values()
        for each in addresses
        if each.family == socket.AF_INET
    ]


def _target(address: str) -> tuple[str, int]:
    if not address:
        return GROUP
    host, _, port = address.partition(":")
    if not host or not (port or "3702").isdecimal():
        raise SourceUnreadable(f"{address!r} is no host:port")
    return host, int(port or "3702")


def _host(service: str) -> str:
    try:
        return urlsplit(service).hostname or ""
    except ValueError:
        return ""


def _plain(text: str) -> str:
    """As a terminal may show it: anybody may answer."""
    return "".join(c for c in unquote(text) if c.isprintable())[:64]
