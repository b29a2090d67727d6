"""What is in the wheels, and what their metadata promise."""

import base64
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from framemesh.cli.common.bundled import BUNDLED
from framemesh.pixels import library
from tests.packaging.environment import UV
from tools import dist

Wheels = tuple[Path, Path]


def names(wheel: Path) -> list[str]:
    """The files of a wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as opened:
        every = [one.filename for one in opened.infolist() if not one.is_dir()]
    return [name for name in every if ".dist-info/" not in name]


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (n for n in opened.namelist() if n.endswith(".dist-info/METADATA"))
        return Parser().parsestr(opened.read(name).decode())


def sources(members: Sequence[str]) -> set[str]:
    """The Python files of members, as they are named in a wheel."""
    return {
        str(path.relative_to(root))
        for root in (dist.ROOT / member / "src" for member in members)
        for path in root.rglob("*.py")
    }


def test_every_module_is_in_exactly_one_wheel(wheels: Wheels) -> None:
    framemesh, sdk = (set(names(wheel)) for wheel in wheels)
    assert not framemesh & sdk
    members = tomllib.loads((dist.ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]
    roots = [str(p.relative_to(dist.ROOT)) for m in members["members"] for p in dist.ROOT.glob(m)]
    assert sources(roots) == {name for name in framemesh | sdk if name.endswith(".py")}


def test_the_native_library_has_a_wheel_of_its_platform(
    wheels: Wheels, native: Path | None
) -> None:
    if native is None:
        assert not library.FILE.exists()
        assert "framemesh-pixels" not in str(metadata(wheels[0]).get_all("Requires-Dist"))
        pytest.skip("the native library was not built: `make install` with cargo")
    assert names(native) == ["framemesh/pixels/libframemesh_pixels.so"]
    assert re.search(r"-py3-none-manylinux_2_\d+_\w+\.whl$", native.name)
    assert metadata(native)["Version"] == dist.version()
    assert not metadata(native).get_all("Requires-Dist")
    (required,) = (
        each
        for each in metadata(wheels[0]).get_all("Requires-Dist", [])
        if each.startswith("framemesh-pixels")
    )
    # Where there is no wheel of it framemesh installs all the same.
    assert "platform_machine ==" in required


def test_a_wheel_of_a_platform_says_so_everywhere(native: Path | None) -> None:
    if native is None:
        pytest.skip("the native library was not built: `make install` with cargo")
    with zipfile.ZipFile(native) as opened:
        inside = {one.filename: opened.read(one) for one in opened.infolist() if not one.is_dir()}
    (declared,) = (content for name, content in inside.items() if name.endswith("/WHEEL"))
    tag = native.stem.split("-", 2)[2]
    assert f"Tag: {tag}" in declared.decode()
    assert "Root-Is-Purelib: false" in declared.decode()
    (record,) = (content for name, content in inside.items() if name.endswith("/RECORD"))
    rows = [row.split(",") for row in record.decode().splitlines()]
    for name, digest, size in rows:
        if digest:
            made = base64.urlsafe_b64encode(hashlib.sha256(inside[name]).digest())
            assert digest == f"sha256={made.decode().rstrip('=')}"
            assert int(size) == len(inside[name])


def test_the_sdk_is_light(wheels: Wheels) -> None:
    _, sdk = wheels
    assert {Path(name).parts[1] for name in names(sdk)} == {"sdk", "api", "tls"}
    assert {Path(name).parts[2] for name in names(sdk) if "/api/" in name} == {
        *("__init__.py", "py.typed", "common", "ingest")
    }
    assert sdk.stat().st_size < 200_000


def test_model_clip_pins_and_configuration_are_inside(wheels: Wheels) -> None:
    framemesh = set(names(wheels[0]))
    assert {
        "framemesh/cli/bundled/person/model.yaml",
        "framemesh/cli/bundled/person/1/model.onnx",
        "framemesh/cli/bundled/street/pipeline.yaml",
        "framemesh/cli/bundled/street/street.mp4",
        "framemesh/cli/bundled/triton.txt",
        "framemesh/runtime/processes/nats-server.conf",
        "framemesh/worker/triton/backends/onnxruntime/model.py",
    } <= framemesh
    for name in BUNDLED:
        assert any(path.startswith(f"framemesh/cli/bundled/{name}") for path in framemesh)


PAGE_BYTES = 150_000
"""Of the dashboard's page, as browsers fetch it: compressed."""


def test_the_dashboards_page_is_inside_and_small(wheels: Wheels) -> None:
    page = "framemesh/monitor/dashboard/page/"
    with zipfile.ZipFile(wheels[0]) as opened:
        files = {
            one.filename.removeprefix(page): opened.read(one)
            for one in opened.infolist()
            if one.filename.startswith(page)
        }
    if not files and shutil.which("npm") is None:
        pytest.skip("npm is missing, so no page was built")
    index = files["index.html"].decode()
    assets = [name for name in files if name.endswith((".js", ".css"))]
    # Browsers keep what has its hash in its name for ever.
    assert all(re.fullmatch(r"assets/[\w-]+-[\w-]{8}\.(js|css)", name) for name in assets)
    assert all(name in index for name in assets)
    assert "<style" not in index
    assert "<script>" not in index
    assert sum(len(gzip.compress(content)) for content in files.values()) < PAGE_BYTES


def test_nothing_else_is_inside(
    wheels: Wheels, native: Path | None, capsys: pytest.CaptureFixture[str]
) -> None:
    for wheel in (*wheels, native) if native else wheels:
        found = names(wheel)
        assert all(name.startswith("framemesh/") for name in found)
        assert "framemesh/__init__.py" not in found  # it would hide the other wheel's packages
        assert not [name for name in found if "__pycache__" in name or "/." in name]
        assert not [name for name in found if "tests" in name or "/test_" in name]
        with zipfile.ZipFile(wheel) as opened:
            for one in opened.infolist():
                assert str(dist.ROOT).encode() not in opened.read(one), one.filename
        with capsys.disabled():
            print(f"\n{wheel.name}: {len(found)} files, {wheel.stat().st_size / 1e3:.0f} kB")  # noqa: T201


def test_the_same_sources_give_the_same_bytes(wheels: Wheels, tmp_path: Path) -> None:
    again = dist.build(tmp_path, UV)
    assert [one.read_bytes() for one in again] == [
        (wheels[0].parent / one.name).read_bytes() for one in again
    ]


def test_all_have_one_version_and_the_sdk_is_required_in_it(wheels: Wheels) -> None:
    framemesh, sdk = map(metadata, wheels)
    assert framemesh["Version"] == sdk["Version"] == dist.version()
    assert f"framemesh-sdk[arrays]=={dist.version()}" in framemesh.get_all("Requires-Dist", [])
    members = [p for p in dist.ROOT.glob("*/**/pyproject.toml") if ".venv" not in p.parts]
    for member in members:
        declared = tomllib.loads(member.read_text())["project"]["version"]
        assert declared == dist.version(), member


def test_metadata_say_which_pythons_and_extras(wheels: Wheels) -> None:
    framemesh, sdk = map(metadata, wheels)
    assert sdk["Requires-Python"] == ">=3.11"
    for version in ("3.11", "3.12", "3.13"):
        assert f"Programming Language :: Python :: {version}" in sdk.get_all("Classifier", [])
    assert sdk.get_all("Provides-Extra") == ["arrays"]
    assert framemesh.get_all("Provides-Extra") == ["local"]
    required = {r.partition(">")[0].partition(" ")[0] for r in sdk.get_all("Requires-Dist", [])}
    assert required == {"grpcio", "protobuf", "isal", "numpy", "opencv-python-headless"}


def test_the_sdk_imports_from_its_wheel_alone(wheels: Wheels, tmp_path: Path) -> None:
    """In this interpreter, without the packages of the checkout."""
    with zipfile.ZipFile(wheels[1]) as opened:
        opened.extractall(tmp_path)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.path += sys.argv[2:];"
        "import framemesh.sdk; import importlib.util as u;"
        "assert framemesh.sdk.__file__.startswith(sys.argv[1]);"
        "assert u.find_spec('framemesh.core') is None; assert 'numpy' not in sys.modules"
    )
    packages = [path for path in sys.path if path.endswith("site-packages")]
    # -S: without it, the editable packages of the checkout would be found too.
    command = (sys.executable, "-I", "-S", "-c", program, str(tmp_path), *packages)
    subprocess.run(command, check=True, cwd=tmp_path, timeout=30)


@pytest.mark.parametrize(("wheel", "pins"), [(0, "framemesh.txt"), (1, "sdk.txt")])
def test_every_requirement_is_pinned(wheels: Wheels, wheel: int, pins: str) -> None:
    pinned = (dist.ROOT / "requirements" / pins).read_text()
    for requirement in metadata(wheels[wheel]).get_all("Requires-Dist", []):
        name = re.split(r"[^\w-]", requirement)[0]
        ours = name in ("framemesh-sdk", "framemesh-pixels")
        assert ours or f"{name}==" in pinned, requirement
