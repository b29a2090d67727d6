"""Signatures, keys and times of tokens."""

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framemesh.core.identity.claims import LEEWAY_SECONDS, Claims
from framemesh.core.identity.errors import Unauthenticated
from framemesh.core.identity.roles import MAX_LIFE_SECONDS, Role
from framemesh.core.identity.scope import WHOLE_MESH, Scope
from framemesh.runtime.identity.gatekeeper import Gatekeeper, RevocationsUnknown
from framemesh.runtime.identity.keys import KeyRing, KeyUnusable, make_key, private_key
from framemesh.runtime.identity.tokens import new_claims, sign
from tests.hand_clock import HandClock

NOW = 1_800_000_000


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return make_key(tmp_path / "keys", "k1")


@pytest.fixture
def keeper(key: Path, clock: HandClock) -> Gatekeeper:
    made = Gatekeeper(KeyRing(key.parent, clock.monotonic), clock)
    made.learned()
    return made


def camera(clock: HandClock, seconds: int = 3600) -> Claims:
    street = Scope.of(["street"])
    return new_claims("north", Role.CAMERA, street, life_seconds=seconds, clock=clock)


def forged(key: Path, headers: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token with whatever claims, signed with the key."""
    claims = camera(HandClock(NOW)).to_json() | changed
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"kid": key.stem, **(headers or {})}
    # Not jwt.encode, which has an opinion on claims.
    payload = json.dumps(claims).encode()
    return jwt.PyJWS().encode(payload, private_key(key), "EdDSA", headers=headers)


def test_a_token_says_who_its_bearer_is(keeper: Gatekeeper, key: Path, clock: HandClock) -> None:
    claims = camera(clock)
    found = keeper.identify(sign(claims, key))
    assert found == claims
    assert found.caller.cameras == frozenset({"north"})
    assert found.caller.role is Role.CAMERA


def test_a_token_ends(keeper: Gatekeeper, key: Path, clock: HandClock) -> None:
    token = sign(camera(clock, 3600), key)
    clock.seconds = NOW + 3600 + LEEWAY_SECONDS
    keeper.identify(token)
    clock.seconds += 1
    with pytest.raises(Unauthenticated, match="expired 31 s ago"):
        keeper.identify(token)


def test_a_clock_that_is_an_hour_wrong_is_named(
    keeper: Gatekeeper, key: Path, clock: HandClock
) -> None:
    token = sign(camera(HandClock(NOW + 3600)), key)
    with pytest.raises(Unauthenticated, match=r"issued 60 min from now: one of the clocks"):
        keeper.identify(token)
    clock.seconds += 3600
    keeper.identify(token)


def test_a_token_of_another_key_is_refused(
    keeper: Gatekeeper, clock: HandClock, tmp_path: Path
) -> None:
    other = make_key(tmp_path / "other", "k1")
    with pytest.raises(Unauthenticated, match="not signed by the key that it names"):
        keeper.identify(sign(camera(clock), other))
    unknown = make_key(tmp_path / "other", "k2")
    with pytest.raises(Unauthenticated, match="no key here"):
        keeper.identify(sign(camera(clock), unknown))


def test_a_token_without_a_signature_is_refused(keeper: Gatekeeper, clock: HandClock) -> None:
    for alg in ("none", "None", "NONE"):
        parts = [{"alg": alg, "kid": "k1", "typ": "JWT"}, camera(clock).to_json()]
        token = ".".join(
            base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts
        )
        with pytest.raises(Unauthenticated):
            keeper.identify(f"{token}.")


def test_the_public_key_is_no_secret_to_sign_with(
    keeper: Gatekeeper, key: Path, clock: HandClock
) -> None:
    """A server that believed `alg` would take an HMAC with what everybody knows."""
    public = private_key(key).public_key()
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    token = jwt.encode(camera(clock).to_json(), raw, "HS256", headers={"kid": "k1"})
    with pytest.raises(Unauthenticated, match="not signed with EdDSA"):
        keeper.identify(token)


@pytest.mark.parametrize(
    "changed",
    [
        {"jti": None}, {"sub": None}, {"aud": None}, {"iat": None}, {"exp": None}, {"role": None},
        {"jti": "x"}, {"sub": "a b"}, {"sub": 7}, {"role": "root"}, {"aud": []}, {"aud": "a*"},
        {"aud": {"street": 1}}, {"aud": ["street", 5]}, {"exp": "soon"}, {"iat": True},
        {"iat": NOW, "exp": NOW + MAX_LIFE_SECONDS + 1}, {"iat": NOW, "exp": NOW - 1},
        {"cameras": ["north"]}, {"role": "viewer", "cameras": []},
        {"role": "viewer", "cameras": "north"}, {"role": "viewer", "cameras": ["a b"]},
        {"role": "service"}, {"exp": 1e300},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_with_claims_that_cannot_be_is_refused(
    keeper: Gatekeeper, key: Path, changed: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        keeper.identify(forged(key, **changed))


def test_a_token_with_a_demand_that_is_not_understood_is_refused(
    keeper: Gatekeeper, key: Path
) -> None:
    with pytest.raises(Unauthenticated):
        keeper.identify(forged(key, {"crit": ["b64"], "b64": True, "x": 1}, sub="n"))


def test_a_revoked_token_is_refused_and_forgotten_when_it_has_expired(
    keeper: Gatekeeper, key: Path, clock: HandClock
) -> None:
    claims = camera(clock)
    keeper.revoked.add(claims.id, claims.expires)
    keeper.revoked.add(claims.id, claims.expires)
    with pytest.raises(Unauthenticated, match="revoked"):
        keeper.identify(sign(claims, key))
    clock.seconds += 3600 + LEEWAY_SECONDS + 1
    keeper.check_calls()
    assert len(keeper.revoked) == 0


def test_nobody_is_let_in_before_it_is_known_who_is_not(key: Path, clock: HandClock) -> None:
    keeper = Gatekeeper(KeyRing(key.parent, clock.monotonic), clock)
    with pytest.raises(RevocationsUnknown):
        keeper.identify(sign(camera(clock), key))


def test_keys_are_replaced_while_servers_run(
    keeper: Gatekeeper, key: Path, clock: HandClock
) -> None:
    old = sign(camera(clock), key)
    new = make_key(key.parent, "k2")
    clock.seconds += 2
    keeper.identify(old)
    keeper.identify(sign(camera(clock), new))
    key.with_suffix(".pub").unlink()
    clock.seconds += 2
    keeper.identify(sign(camera(clock), new))
    with pytest.raises(Unauthenticated, match="no key here"):
        keeper.identify(old)


def test_a_broken_key_changes_nothing(keeper: Gatekeeper, key: Path, clock: HandClock) -> None:
    (key.parent / "k3.pub").write_text("not a key")
    clock.seconds += 2
    keeper.identify(sign(camera(clock), key))


def test_a_private_key_is_its_owners_alone(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o640)
    with pytest.raises(KeyUnusable, match="others may read"):
        private_key(key)


def test_a_key_is_never_overwritten(key: Path) -> None:
    before = key.read_bytes()
    with pytest.raises(KeyUnusable, match="already"):
        make_key(key.parent, "k1")
    assert key.read_bytes() == before


def test_a_folder_without_keys_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(KeyUnusable, match=str(folder)):
            KeyRing(folder, lambda: 0.0)


async def test_a_call_in_progress_ends_with_its_token(
    keeper: Gatekeeper, key: Path, clock: HandClock
) -> None:
    claims = camera(clock)
    token, other = sign(claims, key), sign(camera(clock), key)
    with keeper.in_progress(token, "Push") as one, keeper.in_progress(other, "Push") as two:
        keeper.check_calls()
        keeper.revoked.add(claims.id, claims.expires)
        keeper.check_calls()
        with pytest.raises(Unauthenticated, match="revoked"):
            await one.wait()
        clock.seconds += 3600 + LEEWAY_SECONDS + 1
        keeper.check_calls()
        with pytest.raises(Unauthenticated, match="expired"):
            await two.wait()
    assert keeper.calls == 0


def test_refusals_have_no_part_of_the_token(
    keeper: Gatekeeper, key: Path, clock: HandClock
) -> None:
    token = sign(camera(clock), key)
    header, payload, signature = token.split(".")
    for bad in (f"{header}.{payload}.{signature[:-4]}AAAA", payload, f"{token}x", "a" * 7000):
        with pytest.raises(Unauthenticated) as raised:
            keeper.identify(bad)
        assert bad not in str(raised.value)
        assert signature[:8] not in str(raised.value)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
def test_any_text_is_refused_in_words(keeper: Gatekeeper, text: str) -> None:
    with pytest.raises(Unauthenticated):
        keeper.identify(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)  # fmt: skip
claim_names = st.sampled_from(["jti", "sub", "aud", "iat", "exp", "role", "cameras", "nbf", "iss"])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=st.dictionaries(claim_names, json_values, max_size=4))
def test_any_claims_of_a_valid_signature_are_claims_or_refused(
    keeper: Gatekeeper, key: Path, changed: dict[str, Any]
) -> None:
    try:
        found = keeper.identify(forged(key, **changed))
    except Unauthenticated:
        return
    assert found.pipelines.parts
    assert found.caller.cameras is None or found.caller.cameras
    assert 0 < found.expires - found.issued <= MAX_LIFE_SECONDS


def test_a_service_is_for_the_whole_mesh(clock: HandClock) -> None:
    claims = new_claims("ingest", Role.SERVICE, WHOLE_MESH, life_seconds=60, clock=clock)
    assert claims.caller.sees_mesh
