"""What an agent knows of its machine and of itself."""

from pathlib import Path

import pynvml
import pytest

from framemesh.agent.machine import machine as machine_module
from framemesh.agent.machine.figures import Gpu
from framemesh.agent.machine.gpus import GpuReader
from framemesh.agent.machine.identity import agent_id
from framemesh.agent.machine.machine import Machine
from framemesh.agent.settings import AgentSettings
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.settings import BadSetting, from_environment
from tests.waiting import eventually


def test_an_agent_keeps_its_id_with_its_data(tmp_path: Path) -> None:
    first = agent_id(tmp_path / "east")
    assert agent_id(tmp_path / "east") == first
    assert agent_id(tmp_path / "west") != first


@pytest.mark.parametrize("content", ["", "half an id", "\x00" * 32])
def test_an_id_that_is_damaged_is_made_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "agent-id").write_text(content)
    made = agent_id(tmp_path)
    assert len(made) == 32
    assert agent_id(tmp_path) == made


def test_the_figures_are_those_that_workers_may_use(tmp_path: Path) -> None:
    figures = Machine(tmp_path / "not there yet", cpus=3, memory_bytes=2**20).figures
    assert (figures.cpus, figures.memory_bytes) == (3, 2**20)
    assert 0 < figures.disk_used_bytes <= figures.disk_bytes


async def test_a_reading_that_fails_leaves_the_last_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path)
    before = machine.figures
    readings = 0

    def fails() -> None:
        nonlocal readings
        readings += 1
        raise OSError("/proc/stat cannot be read")

    monkeypatch.setattr(machine, "_read_all", fails)
    monkeypatch.setattr(machine_module, "READ_SECONDS", 0.001)
    async with background_task(machine.run()):
        await eventually(lambda: readings > 2)
    assert machine.figures is before


class Nvml:
    """NVIDIA's library on a machine with one GPU. This machine may have none."""

    class Memory:
        total, used = 2**34, 2**30

    class Utilization:
        gpu = 25

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken = False
        for name, answer in {
            "nvmlInit": None,
            "nvmlDeviceGetHandleByIndex": 0,
            "nvmlDeviceGetMemoryInfo": self.Memory,
            "nvmlDeviceGetUUID": b"GPU-5ab2",
            "nvmlDeviceGetName": "a GPU",
            "nvmlDeviceGetUtilizationRates": self.Utilization,
        }.items():
            monkeypatch.setattr(pynvml, name, lambda *_, answer=answer: answer)
        monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", self._count)

    def _count(self) -> int:
        if self.broken:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return 1


def test_gpus_are_read_and_one_that_is_lost_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml, reader = Nvml(monkeypatch), GpuReader()
    assert reader.read() == (Gpu("GPU-5ab2", "a GPU", 2**34, 2**30, 0.25),)
    nvml.broken = True
    assert reader.read() == ()


def test_a_machine_without_a_driver_has_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_driver() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", no_driver)
    assert GpuReader().read() == ()


def test_labels_and_limits_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMEMESH_AGENT_LABELS", "zone=hall, kind=edge")
    monkeypatch.setenv("FRAMEMESH_AGENT_MEMORY", "2GiB")
    settings = from_environment(AgentSettings)
    assert settings.labels == {"zone": "hall", "kind": "edge"}
    assert settings.memory == 2**31


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("LABELS", "zone", "FRAMEMESH_AGENT_LABELS: use name=value, several with commas"),
        ("WATTS", "-1", "FRAMEMESH_AGENT_WATTS: "),
        ("CPUS", "none", "FRAMEMESH_AGENT_CPUS: "),
    ],
)
def test_a_bad_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(f"FRAMEMESH_AGENT_{name}", value)
    with pytest.raises(BadSetting, match=line):
        from_environment(AgentSettings)
