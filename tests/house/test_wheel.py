"""The wheel serves the page from any folder, with no checkout near."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.house.serving import serving

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(600)  # building asks the package index for hatchling


def pip(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *arguments], check=True)


def frontend_files() -> list[str]:
    """The page's files, relative to `frontend`."""
    command = ["git", "-C", str(ROOT / "frontend"), "ls-files"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", ROOT, "--no-deps", "--wheel-dir", folder)
    (built,) = folder.glob("reluscope-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment that holds the wheel. What the wheel depends
    on, torch above all, is lent by this one."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip("--python", folder / "bin" / "python", "install", "--no-deps", "--no-index", wheel)
    (packages,) = folder.glob("lib/python*/site-packages")
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "lent.pth").write_text("\n".join(sorted(lent)))
    return folder / "bin"


def test_holds_the_page_and_says_that_it_is_typed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"reluscope/_frontend/{name}" for name in frontend_files()} <= names
    assert "reluscope/py.typed" in names


def test_is_what_a_fresh_environment_imports(installed: Path, tmp_path: Path) -> None:
    command = [str(installed / "python"), "-c", "import reluscope; print(reluscope.__file__)"]
    told = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert Path(told.strip()).is_relative_to(installed.parent)


def test_serves_the_page_from_another_folder(installed: Path, tmp_path: Path) -> None:
    with (
        serving([installed / "reluscope", "--port", "0"], tmp_path) as server,
        httpx.Client(base_url=server.url, trust_env=False) as client,
    ):
        assert "<title>reluscope</title>" in client.get("/").raise_for_status().text
        for name in frontend_files():
            served = client.get(f"/{name}").raise_for_status().content
            assert served == (ROOT / "frontend" / name).read_bytes(), name
        assert "plotly.js v" in client.get("/vendor/plotly.js").raise_for_status().text[:500]
        catalog = client.get("/api/catalog").raise_for_status().json()
        assert {"clamp", "my_relu", "relu"} <= {relu["name"] for relu in catalog["relus"]}
