"""What every test may ask for: the repository, its knowledge base, and the public suites and facts beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kggraph.build import build
from kggraph.config import Settings, load

ROOT = Path(__file__).resolve().parent.parent
# How fast a machine is says nothing about the program.
settings.register_profile("kggraph", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kggraph")
SHARED = Path(os.environ.get("KGGRAPH_TEST_SHARED") or ROOT.parent / "shared")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With an engine elsewhere, what is known to fail with it has to."""
    if engine := os.environ.get("KGGRAPH_TEST_ENGINE"):
        lines = (ROOT / "tests" / "cases" / "remote" / "judged.txt").read_text("utf-8").splitlines()
        known = {name.strip(): reason.strip() for name, _, reason in (line.partition("#") for line in lines)}
        for item in items:
            if reason := known.get(f"{engine} {item.nodeid}"):
                item.add_marker(pytest.mark.xfail(reason=reason))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's own folder, which is the knowledge base as well."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with the public test suites and source facts; read-only.

    Absent, a test is skipped on a developer's machine and fails where CI is set, so that nothing is left out unseen.
    """
    if SHARED.is_dir():
        return SHARED
    reason = f"no folder {SHARED}: set KGGRAPH_TEST_SHARED to where suites/ and source/ are"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def main_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the main knowledge base, built once for all tests in a folder of theirs; only to be read."""
    folder = tmp_path_factory.mktemp("main-build")
    settings = load(ROOT, {}, {"build_dir": str(folder)})
    build(settings)
    return settings
