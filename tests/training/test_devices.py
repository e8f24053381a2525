import math
import subprocess
import sys

import pytest
import torch

from reluscope.training.devices import (
    _left_by_cgroup,
    canonical,
    devices,
    environment,
    free_bytes,
)


def test_the_cpu_is_there_and_comes_first():
    first = devices()[0]
    assert first.name == "cpu"
    assert first.memory_bytes > free_bytes("cpu") > 0


def test_every_device_has_its_own_name():
    names = [device.name for device in devices()]
    assert len(set(names)) == len(names) == 1 + torch.cuda.device_count()


@pytest.mark.parametrize(
    ("given", "name"), [("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cpu",) * 2]
)
def test_cuda_alone_is_the_first_cuda_device(given, name):
    assert canonical(given) == name


def test_an_environment_tells_what_decides_the_bits():
    told = environment("cpu")
    assert told["torch"] == torch.__version__
    assert told["threads"] == 1
    assert {"python", "device", "cpu_capability"} <= told.keys()


@pytest.mark.cuda
def test_a_cuda_device_has_a_name_and_free_memory():
    device = devices()[1]
    assert device.title
    assert 0 < free_bytes(device.name) <= device.memory_bytes


@pytest.mark.parametrize(
    ("limit", "left"), [("3000\n", 1000), ("max\n", math.inf), (None, math.inf)]
)
def test_a_container_s_limit_is_what_there_is(tmp_path, limit, left):
    if limit:
        (tmp_path / "memory.max").write_text(limit)
        (tmp_path / "memory.current").write_text("2000\n")
    assert _left_by_cgroup(tmp_path) == left


DETERMINISTIC = """
import sys, torch
from reluscope.training.devices import make_deterministic

make_deterministic()
assert torch.are_deterministic_algorithms_enabled()
assert "torch._inductor" not in sys.modules
from torch._inductor import config

assert config.deterministic
config.deterministic = False
make_deterministic()
assert config.deterministic
"""


def test_all_of_torch_is_made_deterministic_and_nothing_is_imported_for_it():
    subprocess.run([sys.executable, "-c", DETERMINISTIC], check=True)
