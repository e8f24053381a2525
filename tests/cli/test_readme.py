"""The README's commands, called one after the other as it shows them."""

import re
import shlex
from pathlib import Path

import pytest

from tests.server.serving import in_thread

README = (Path(__file__).parents[2] / "README.md").read_text()

NO = ("compare",)
"""Of which the answer there is no."""

pytestmark = pytest.mark.usefixtures("registries")


def test_they_do_what_they_are_shown_for(told, monkeypatch, tmp_path):
    blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (shown,) = (block for block in blocks if "reluscope sweep" in block)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELUSCOPE_DATA", str(tmp_path / "data"))
    with in_thread(data=tmp_path / "data") as server:
        monkeypatch.setenv("RELUSCOPE_PORT", str(server.api.port))
        for line in shown.splitlines():
            first, *words = shlex.split(line, comments=True)
            if first == "export":
                monkeypatch.setenv("RELUSCOPE_URL", server.api.url)
                continue
            out, err, status = told(*words)
            assert status == int(words[0] in NO), (line, out, err)
    made = {file.name for file in tmp_path.iterdir()}
    assert made >= {"losses.npy", "results.csv", "both.zip"}
