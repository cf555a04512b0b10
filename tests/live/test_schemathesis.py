"""Schemathesis asks for what `/openapi.json` promises and for much that it does not: no 500, nothing unsaid."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import Server, environment, started

pytestmark = pytest.mark.live

BRIDGES = Path(__file__).parent.parent / "kb_bridges"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
EXAMPLES = 6
"""Requests that are made up for each operation, beside those at the edges of each parameter."""


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The small knowledge base, served."""
    root = tmp_path_factory.mktemp("bridges") / "kb"
    shutil.copytree(BRIDGES, root, ignore=shutil.ignore_patterns("build"))
    with started(root=root, env=environment()) as running:
        yield running


def run(description: str, server: Server, folder: Path) -> subprocess.CompletedProcess[str]:
    """What Schemathesis says of a server by a description."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", description, "--url", server.url.rstrip("/")]
    command += ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--max-redirects", "0"]
    command += ["--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-shrink"]
    command += ["--warnings", "off", "--suppress-health-check", "all", "--no-color"]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300)


def test_nothing_is_answered_that_is_not_described(bridges: Server, tmp_path: Path) -> None:
    done = run(f"{bridges.url}openapi.json", bridges, tmp_path)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested and int(tested[1]) > 50


def test_what_is_not_described_is_found(bridges: Server, tmp_path: Path) -> None:
    _, body = bridges.get("/openapi.json")
    told = json.loads(body)
    told["paths"] = {path: told["paths"][path] for path in ("/id/{kind}/{slug}", "/version")}
    del told["paths"]["/id/{kind}/{slug}"]["get"]["responses"]["303"]
    (tmp_path / "openapi.json").write_text(json.dumps(told), "utf-8")
    done = run("openapi.json", bridges, tmp_path)
    assert done.returncode == 1 and "Undocumented status code" in done.stdout, done.stdout
