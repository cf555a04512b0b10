"""SERVICE: what is asked of another server, what of its answer is believed, and where it cannot lead."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, Store

from kggraph.errors import KgError, QueryRefused, ServiceFailed, TooBusy
from kggraph.store.embedded import EmbeddedEngine
from kggraph.store.federation import FederatedEngine, service_clauses, values_block
from kggraph.store.guard import inspect
from kggraph.store.outbound import Outbound, ServicePolicy, is_public
from kggraph.store.protocol import QueryAnswer, QueryRequest
from tests.endpoint import Endpoint, endpoint

JSON = "application/sparql-results+json"
PREFIX = "PREFIX e: <http://example.org/>\n"
HERE = (
    "<http://example.org/n1> <http://example.org/name> 'one' . <http://example.org/n3> <http://example.org/name> 'x' ."
)


@pytest.fixture(scope="module")
def other() -> Iterator[Endpoint]:
    with endpoint() as running:
        yield running


def engine(*allowed: str, timeout_s: float = 5.0, max_bytes: int = 2 * 1024 * 1024) -> FederatedEngine:
    store = Store()
    store.load(HERE.encode(), format=RdfFormat.TURTLE)
    return FederatedEngine(EmbeddedEngine(store, {}), ServicePolicy(allowed, timeout_s, max_bytes))


def answer(text: str, *allowed: str, **limits: Any) -> QueryAnswer:
    return engine(*allowed, **limits).query(QueryRequest(PREFIX + text, JSON))


def rows(text: str, *allowed: str, **limits: Any) -> list[dict[str, str]]:
    told = json.loads(answer(text, *allowed, **limits).read())
    return [{name: term["value"] for name, term in row.items()} for row in told["results"]["bindings"]]


# ------------------------------------------------------------------ what it gives
@pytest.mark.parametrize("path", ["/sparql", "/xml"])
def test_solutions_of_another_server_are_joined(other: Endpoint, path: str) -> None:
    url = other.url(path)
    query = f"SELECT ?name ?p ?label {{ ?s e:name ?name SERVICE <{url}> {{ ?s e:population ?p ; e:label ?label }} }}"
    assert rows(query, url) == [{"name": "one", "p": "7", "label": 'één "\\u0022" \n}'}]


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("SERVICE {} {{ ?s e:population 9 }}", 1),
        ("SERVICE SILENT {} {{ ?s e:population 9 }}", 1),
        ("OPTIONAL {{ SERVICE {} {{ ?s e:population 7 }} }}", 1),
        ("?s e:name ?n OPTIONAL {{ SERVICE {} {{ ?s e:population ?p }} }}", 2),
        ("?s e:name ?n MINUS {{ SERVICE {} {{ ?s e:population ?p }} }}", 1),
        ("?s e:name ?n FILTER EXISTS {{ SERVICE {} {{ ?s e:population ?p }} }}", 1),
        ("SERVICE {} {{ ?s e:population ?p FILTER(?p > 100) }}", 0),
        ("{{ SERVICE {0} {{ ?s e:population 7 }} }} UNION {{ SERVICE {0} {{ ?s e:label ?l }} }}", 3),
        ("SERVICE {} {{ SELECT (COUNT(?x) AS ?n) {{ ?x e:population ?y FILTER(ISNUMERIC(?y)) }} }}", 1),
        ("SERVICE {} {{ e:n1 e:population 7 }}", 1),
        ("SERVICE {} {{ e:n1 e:population 8 }}", 0),
        ("SERVICE {} {{ ?s e:label ?l FILTER(CONTAINS(?l, 'SERVICE <')) }}", 1),
    ],
)
def test_where_it_may_stand(other: Endpoint, pattern: str, count: int) -> None:
    url = other.url("/sparql")
    assert len(rows(f"SELECT * {{ {pattern.format(f'<{url}>')} }}", url)) == count
    assert len(rows(f"PREFIX o: <{url}> SELECT * {{ {pattern.format('o:')} }}", url)) == count


def test_the_word_in_code_points_is_the_word(other: Endpoint) -> None:
    url = other.url("/sparql")
    assert len(rows(f"SELECT * {{ SERV\\u0049CE <{url}> {{ ?s e:population 9 }} }}", url)) == 1
    with pytest.raises(QueryRefused):
        rows(f"SELECT * {{ SERV\\u0049CE <{url}> {{ ?s e:population 9 }} }}")


@given(st.text(), st.sampled_from(["", "nl", "en-GB"]))
def test_every_literal_comes_back_as_it_was(value: str, language: str) -> None:
    term = {"type": "literal", "value": value, **({"xml:lang": language} if language else {})}
    block = values_block({"head": {"vars": ["x"]}, "results": {"bindings": [{"x": term}]}}, "http://e/")
    told = json.loads(EmbeddedEngine(Store(), {}).query(QueryRequest(f"SELECT ?x {block}", JSON)).read())
    found = told["results"]["bindings"][0]["x"]
    assert (found["value"], found.get("xml:lang", "").lower()) == (value, language.lower())


# ------------------------------------------------------------------ what is refused
@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("SERVICE ?server { ?s ?p ?o }", "SERVICE ?server has a variable for its endpoint"),
        ("SERVICE <relative> { ?s ?p ?o }", "no absolute IRI"),
        ("SERVICE <http://allowed/> { SERVICE <http://allowed/> { ?s ?p ?o } }", "a SERVICE within a SERVICE"),
        ("SERVICE <http://allowed/> { ?s ?p ?o } " * 5, "asks other servers 5 times; 4 is"),
        ("SERVICE <http://other/> { ?s ?p ?o }", "does not ask <http://other/>; its operator allows <http://allowed/>"),
        ("SERVICE SILENT <http://other/> { ?s ?p ?o }", "does not ask <http://other/>"),
        ("SERVICE <http://allowed/#x> { ?s ?p ?o }", "does not ask <http://allowed/#x>"),
    ],
)
def test_what_is_refused(pattern: str, sentence: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        answer(f"SELECT * {{ {pattern} }}", "http://allowed/")
    assert sentence in caught.value.message
    assert caught.value.what == "SERVICE"


def test_without_a_list_nothing_is_asked(other: Endpoint) -> None:
    before = len(other.asked)
    with pytest.raises(QueryRefused, match="allows no other server"):
        answer(f"SELECT * {{ SERVICE <{other.url('/sparql')}> {{ ?s ?p ?o }} }}")
    assert len(other.asked) == before


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/nothing", "answered with status 404"),
        ("/error", "answered with status 500"),
        ("/page", "answered with text/html, which is no result of a query"),
        ("/broken", "broke off its answer"),
        ("/half", "not a result of SELECT"),
        ("/ask", "not a result of SELECT"),
        ("/circle", "redirects more than 3 times"),
        ("/huge", "more than 2,048 kB"),
        ("/many", "more than 10,000 solutions"),
        ("/nonsense", "terms that are not RDF"),
        ("/drip", "did not answer within 0.5 s"),
    ],
)
def test_an_answer_that_is_none_is_an_error(other: Endpoint, path: str, sentence: str) -> None:
    url = other.url(path)
    limits = {"timeout_s": 0.5} if path == "/drip" else {}
    with pytest.raises(ServiceFailed, match=sentence) as caught:
        answer(f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}", url, **limits)
    assert caught.value.service == url


def test_silent_gives_one_empty_solution_and_says_so(other: Endpoint) -> None:
    url = other.url("/error")
    told = answer(f"SELECT * {{ ?s e:name ?n SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}", url)
    assert len(json.loads(told.read())["results"]["bindings"]) == 2
    assert told.failed_services == (url,)


def test_blank_nodes_are_refused(other: Endpoint) -> None:
    url = other.url("/sparql")
    with pytest.raises(ServiceFailed, match="blank nodes"):
        answer(f"SELECT * {{ SERVICE <{url}> {{ e:blank e:friend ?b }} }}", url)


def test_nobody_there(other: Endpoint) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        with pytest.raises(ServiceFailed, match="Connection refused"):
            answer(f"ASK {{ SERVICE <{url}> {{ ?s ?p ?o }} }}", url)


def test_only_a_few_are_asked_at_once(other: Endpoint) -> None:
    outbound = Outbound(ServicePolicy((other.url("/sparql"),)))
    while outbound._slots.acquire(blocking=False):
        pass
    with pytest.raises(TooBusy):
        outbound.ask(other.url("/sparql"), "ASK {}", time.monotonic() + 5)


# ------------------------------------------------------------------ where it cannot lead
def test_a_redirect_inside_is_not_followed(other: Endpoint) -> None:
    url = other.url("/moved")
    query = f"SELECT * {{ SERVICE <{url}> {{ ?s e:population 9 }} }}"
    with socket.create_server(("127.0.0.1", 0)) as secret:
        port = secret.getsockname()[1]
        secret.setblocking(False)
        inside = [
            "http://127.0.0.1",
            "http://localhost",
            "http://[::1]",
            "http://[::ffff:127.0.0.1]",
            "http://2130706433",
        ]
        for place in (*inside, "http://127.1", "http://0.0.0.0", "http://u:p@127.0.0.1", "file:///etc", "gopher://a"):
            other.leads_to = f"{place}:{port}/" if "//" in place and place.startswith("http") else place
            with pytest.raises(KgError) as caught:
                answer(query, url)
            assert isinstance(caught.value, QueryRefused | ServiceFailed)
        for silent in ("http://127.0.0.1", "http://localhost"):
            other.leads_to = f"{silent}:{port}/"
            with pytest.raises(QueryRefused, match="not on the public internet"):
                answer(query.replace("SERVICE", "SERVICE SILENT"), url)
        with pytest.raises(BlockingIOError):
            secret.accept()


def test_a_redirect_to_what_the_list_names_is_followed(other: Endpoint) -> None:
    url = other.url("/moved")
    other.leads_to = "/sparql"
    assert len(rows(f"SELECT * {{ SERVICE <{url}> {{ ?s e:population 9 }} }}", url)) == 1


def test_a_public_name_with_an_inner_address_is_not_asked(other: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://rebound.example:{other.port}/sparql"
    looked_up = socket.getaddrinfo("127.0.0.1", other.port, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *names, **more: looked_up)
    before = len(other.asked)
    with pytest.raises(QueryRefused, match="not on the public internet"):
        answer(f"SELECT * {{ SERVICE <{url}> {{ ?s e:population 9 }} }}", url)
    assert len(other.asked) == before


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "64:ff9b::7f00:1",
        "2001:db8::1",
        "2001:0:7f00:1::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["192.0.43.8", "2620:0:862:ed1a::1", "64:ff9b::c000:2b08"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


def test_clauses_are_found_where_they_are() -> None:
    text = "SELECT * { ?s ?p 'SERVICE <x:> {' . # SERVICE <x:y> { }\n service silent <http://a/> { ?a ?b '}' } } "
    (clause,) = service_clauses(inspect(text, services=True))
    assert text[clause.start : clause.end] == "service silent <http://a/> { ?a ?b '}' }"
    assert (clause.endpoint, clause.pattern, clause.is_silent) == ("http://a/", "{ ?a ?b '}' }", True)
