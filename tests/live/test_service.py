"""SERVICE through the real server: asked when the operator allows it, told when it fails, never kept."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.endpoint import Endpoint, endpoint
from tests.live.conftest import Server, environment, started

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def other() -> Iterator[Endpoint]:
    with endpoint() as running:
        yield running


@pytest.fixture(scope="module")
def federated(other: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A file, served by an operator who allows three endpoints."""
    folder = tmp_path_factory.mktemp("federated")
    (folder / "data.ttl").write_text("<http://example.org/n2> <http://example.org/name> 'two' .")
    allowed = ",".join(other.url(path) for path in ("/sparql", "/error", "/moved"))
    env = environment(KGGRAPH_SERVICE_ALLOW=allowed)
    with started("--data", str(folder / "data.ttl"), root=folder, env=env) as server:
        yield server


def ask(server: Server, pattern: str, accept: str, path: str = "sparql") -> tuple[int, HTTPMessage, bytes]:
    query = quote(f"PREFIX e: <http://example.org/> SELECT ?name ?p {{ ?s e:name ?name {pattern} }}")
    request = urllib.request.Request(f"{server.url}{path}?query={query}", headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def test_an_allowed_endpoint_is_joined_each_time_anew(federated: Server, other: Endpoint) -> None:
    pattern = f"SERVICE <{other.url('/sparql')}> {{ ?s e:population ?p }}"
    before = len(other.asked)
    for count in (1, 2):
        status, headers, body = ask(federated, pattern, "text/csv")
        assert (status, body) == (200, b"name,p\r\ntwo,9\r\n")
        assert "X-Service-Failed" not in headers
        assert len(other.asked) == before + count


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/xml", 403, "query-refused"),
        ("/error", 502, "service-failed"),
        ("/moved", 403, "query-refused"),
    ],
)
def test_what_goes_wrong_is_told(federated: Server, other: Endpoint, path: str, status: int, code: str) -> None:
    other.leads_to = "http://localhost:1/"
    found, headers, body = ask(federated, f"SERVICE <{other.url(path)}> {{ ?s e:population ?p }}", "application/json")
    told = json.loads(body)
    assert (found, headers["Content-Type"], told["code"]) == (status, "application/problem+json", code)
    assert other.url(path) in told["detail"]


def test_what_is_silent_is_still_told(federated: Server, other: Endpoint) -> None:
    pattern = f"SERVICE SILENT <{other.url('/error')}> {{ ?s e:population ?p }}"
    for accept in ("text/csv", "text/markdown"):
        status, headers, body = ask(federated, pattern, accept)
        assert status == 200 and b"two" in body
        assert headers["X-Service-Failed"] == other.url("/error")
    for path, words in (("sparql", "gaf geen antwoord"), ("en/sparql", "did not answer")):
        status, _, body = ask(federated, pattern, "text/html", path)
        assert status == 200 and f"{other.url('/error')} {words}".encode() in body


def test_the_bridges_allow_nothing(server: Server, other: Endpoint, root: Path) -> None:
    before = len(other.asked)
    status, _, _ = ask(server, f"SERVICE <{other.url('/sparql')}> {{ ?s e:population ?p }}", "text/csv")
    assert (status, len(other.asked)) == (403, before)
