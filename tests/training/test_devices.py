import pytest
import torch

from reluscope.training.devices import canonical, devices, environment, free_bytes


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
