"""TensorBoard itself reads what is written for it."""

import builtins
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from reluscope.errors import NotInstalled
from reluscope.runs import tensorboard
from reluscope.runs.kept import Kept
from reluscope.runs.names import file_name
from reluscope.runs.trace import rows_before
from reluscope.training.diagnostics import CHANNELS

from .test_archive import IDS, kept, spec, view


def read(folder, *runs: Kept) -> dict[str, EventAccumulator]:
    """What TensorBoard reads of runs, by folder."""
    file = io.BytesIO()
    tensorboard.write(file, iter(runs))
    with zipfile.ZipFile(file) as opened:
        opened.extractall(folder)
    found = {}
    for inner in sorted(folder.iterdir()):
        assert [path.name.count("tfevents") for path in inner.iterdir()] == [1]
        found[inner.name] = EventAccumulator(str(inner), size_guidance={"scalars": 0}).Reload()
    return found


def long_run(done: int, every: int) -> Kept:
    """One whose values are of all kinds, in float64."""
    generator = np.random.default_rng(0)
    bits = generator.integers(0, 2**64, done, dtype=np.uint64).view(np.float64)
    count = rows_before(done, every)
    marks = np.array([[done // 3, 1.5e9], [done // 2, 1.5e9 + 0.25], [done, 1.5e9 + 1]])
    asked = spec(iterations=done, diagnostics_every=every)
    rows = generator.normal(size=(count, len(CHANNELS)))
    return Kept(view(done, spec=asked), [], bits, rows, marks)


def test_every_value_comes_back_with_its_iteration_and_its_time(tmp_path):
    """Of steps of one, two and three bytes, and in more than one piece."""
    one = long_run(20_000, 3)
    (found,) = read(tmp_path, one).values()
    assert found.Tags()["scalars"] == ["loss", *(channel.name for channel in CHANNELS)]
    with np.errstate(over="ignore", invalid="ignore"):
        expected = {"loss": (np.arange(20_000), one.losses.astype(np.float32))}
        for place, channel in enumerate(CHANNELS):
            values = one.rows[:, place].astype(np.float32)
            expected[channel.name] = (np.arange(0, 20_000, 3), values)
    assert np.isnan(one.losses).any()
    for tag, (steps, values) in expected.items():
        scalars = found.Scalars(tag)
        assert [scalar.step for scalar in scalars] == steps.tolist()
        came = np.array([scalar.value for scalar in scalars], dtype=np.float32)
        assert np.array_equal(came, values, equal_nan=True)
        marks = np.searchsorted(one.marks[:, 0], steps, side="right")
        assert [scalar.wall_time for scalar in scalars] == one.marks[marks, 1].tolist()


@pytest.mark.parametrize("step", [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 9_999_999])
def test_a_step_may_be_as_long_as_a_run(tmp_path, step):
    every = step or 1
    rows = np.arange(2.0 * len(CHANNELS)).reshape(2, -1)
    asked = spec(iterations=10_000_000, diagnostics_every=every)
    marks = np.array([[10_000_000, 1.5e9]])
    one = Kept(view(spec=asked), [], np.empty(0), rows, marks)
    (found,) = read(tmp_path, one).values()
    assert [scalar.step for scalar in found.Scalars("dead")] == [0, every]


def test_what_is_not_finite_comes_back_as_it_is(tmp_path):
    (found,) = read(tmp_path, kept([np.nan, np.inf, -np.inf, -0.0, 1e300])).values()
    values = [scalar.value for scalar in found.Scalars("loss")]
    assert np.isnan(values[0])
    assert values[1:] == [np.inf, -np.inf, 0.0, np.inf]
    assert np.signbit(values[3])


def test_a_run_that_has_not_begun_has_its_folder_too(tmp_path):
    (found,) = read(tmp_path, kept([])).values()
    assert found.Tags()["scalars"] == []


@given(st.binary(min_size=1, max_size=60))
def test_checksums_are_tensorboards(data):
    columns = np.repeat(np.frombuffer(data, np.uint8)[:, None], 3, axis=1)
    assert tensorboard._checksums(columns).tolist() == [masked_crc32c(data)] * 3


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("my first run", "my-first-run"),
        ("Ünïcode ß", "Unicode"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\x", "C-x"),
        ("日本", "clamp-sgd"),
        (None, "clamp-sgd"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_folder_is_found_by_name_and_id(tmp_path, name, folder):
    one = kept([1.0], spec=spec(name=name, iterations=1))
    assert list(read(tmp_path, one)) == [f"{folder}-{IDS[0][:8]}"]


@given(st.text(min_size=1, max_size=200))
def test_no_name_leads_out_of_its_folder(name):
    called = file_name(view(spec=spec(name=name)))
    assert called.isascii()
    assert set(called.lower()) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert not called.startswith((".", "-"))


def test_two_runs_that_are_called_alike_have_two_folders(tmp_path):
    twin = kept([2.0], id=IDS[0][:-1] + "1")
    assert len(read(tmp_path, kept([1.0]), twin)) == 2


def test_without_the_package_it_is_told_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def absent(name, *rest):
        if name.startswith("tensorboard"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(NotInstalled, match=r"pip install 'reluscope\[tensorboard\]'"):
        tensorboard.write(io.BytesIO(), [])
