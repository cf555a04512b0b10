"""A stranger's data: reported by page and by interface, bounded, and never fetched, kept or run."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from kggraph.config import Settings
from kggraph.errors import TooBusy, UnreadableData, ValidationTimeout
from kggraph.terms import SH
from kggraph.trial.run import Trials
from kggraph.web.generations import KnowledgeBase
from tests.http.conftest import HTML

BASE = "https://example.org/bridges/"
PREFIXES = f"""@prefix br: <{BASE}def#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
GOOD = f'{PREFIXES}<{BASE}id/bridge/plank> a br:Bridge ; rdfs:label "Plank"@en ; br:form <{BASE}id/form/arch> .\n'
BAD = f'{PREFIXES}<{BASE}id/bridge/plank> a br:Bridge ;\n  rdfs:label "Plank"@en ;\n  br:lengthM 0 .\n'
HOSTILE = f"""{PREFIXES}<{BASE}id/bridge/x> a br:Bridge ; rdfs:label "<script>alert(1)</script>" ;
  br:form <javascript:alert(1)> ; br:lengthM "\\"><img src=x onerror=alert(1)>" .
"""
CASES = Path(__file__).parent.parent / "cases" / "trial"


def sent(client: FlaskClient, data: str | bytes, type: str = "text/turtle", **headers: str) -> tuple[int, bytes]:
    answer = client.post("/validate", data=data, content_type=type, headers=headers)
    return answer.status_code, answer.data


def report(client: FlaskClient, data: str | bytes, type: str = "text/turtle") -> dict[str, object]:
    status, body = sent(client, data, type)
    assert status == 200, body
    told = json.loads(body)
    assert isinstance(told, dict)
    return told


def test_good_data_conform_and_bad_ones_are_told_with_line_and_field(client: FlaskClient) -> None:
    assert report(client, GOOD)["conforms"] is True
    told = report(client, BAD)
    assert told["conforms"] is False
    rules = {rule["rule"].partition("#")[2]: rule for rule in told["rules"]}  # type: ignore[attr-defined]
    assert set(rules) == {"Bridge-form", "Bridge-length"}
    (length,) = rules["Bridge-length"]["results"]
    assert (length["line"], length["messages"]["nl"]) == (5, "Een lengte is een heel aantal meters, 1 of meer.")


def test_what_is_given_takes_the_place_of_what_is_published(client: FlaskClient) -> None:
    changed = GOOD.replace("plank", "erasmusbrug").replace("form/arch", "form/nothing")
    told = report(client, changed)
    assert {rule["rule"].partition("#")[2] for rule in told["rules"]} >= {"Bridge-form"}  # type: ignore[attr-defined]
    assert report(client, GOOD.replace("plank", "erasmusbrug"))["conforms"] is True


@pytest.mark.parametrize(
    ("accept", "type"),
    [
        ("text/turtle", "text/turtle"),
        ("text/plain", "text/plain"),
        ("application/sarif+json", "application/sarif+json"),
    ],
)
def test_the_report_has_the_form_that_is_asked(client: FlaskClient, accept: str, type: str) -> None:
    answer = client.post("/validate", data=BAD, content_type="text/turtle", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.mimetype == type
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Things-Checked"] == "1"
    if type == "text/turtle":
        quads = list(ox.parse(answer.data, ox.RdfFormat.TURTLE))
        assert sum(quad.predicate.value == f"{SH}result" for quad in quads) == 2


def test_no_other_form_is_promised(client: FlaskClient) -> None:
    status, body = sent(client, BAD, Accept="image/png")
    assert status == 406
    assert "application/json" in json.loads(body)["available"]
    assert sent(client, BAD, "image/png")[0] == 415


@pytest.mark.parametrize("path", sorted(CASES.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_each_format_as_files(client: FlaskClient, path: Path) -> None:
    """cases/trial/<outcome>/: what is said of each file."""
    types = {".ttl": "text/turtle", ".jsonld": "application/ld+json", ".csv": "text/csv", ".jsonl": "application/jsonl"}
    status, body = sent(client, path.read_bytes(), types[path.suffix])
    told = json.loads(body)
    if path.parent.name == "unreadable":
        assert (status, told["code"]) == (422, "unreadable-data")
        assert str(path) not in body.decode()
        assert "/tmp" not in body.decode()
    else:
        assert (status, told["conforms"], told["checked"] > 0) == (200, path.parent.name == "conforms", True), told


def test_things_that_no_shape_looks_at_are_not_called_good(client: FlaskClient) -> None:
    stranger = "<https://elsewhere.example/a> a <https://elsewhere.example/B> ."
    assert report(client, stranger)["checked"] == 0
    answer = client.post("/nl/validate", data={"data": stranger, "format": "ttl"}, headers=HTML)
    assert "niets gecontroleerd" in answer.get_data(as_text=True)


# ------------------------------------------------------------------ the page
def test_the_form_works_without_script_by_text_and_by_file(client: FlaskClient) -> None:
    page = client.get("/validate", headers=HTML).get_data(as_text=True)
    assert 'method="post"' in page
    assert "<script>" not in page
    pasted = client.post("/validate", data={"data": BAD.replace("\n", "\r\n"), "format": "ttl"}, headers=HTML)
    assert pasted.status_code == 200
    text = pasted.get_data(as_text=True)
    assert "A length is a whole number of metres, 1 or more." in text
    assert "br:lengthM 0" in text, "the text is there to be corrected"
    assert "/shapes#Bridge-length" in text
    file = {"file": (io.BytesIO(b"slug,nonsense\nx,y\n"), "mine.csv"), "format": "ttl"}
    answer = client.post("/nl/validate", data=file, headers=HTML, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "there is no such column" in answer.get_data(as_text=True)


def test_hostile_texts_do_no_harm(client: FlaskClient) -> None:
    page = client.post("/validate", data={"data": HOSTILE, "format": "ttl"}, headers=HTML).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img" not in page.replace('<img src="/static', "")
    assert 'href="javascript:' not in page
    assert report(client, HOSTILE)["conforms"] is False


# ------------------------------------------------------------------ limits
def test_too_much_is_refused_before_it_is_read(client: FlaskClient, settings: Settings) -> None:
    most = settings.max_validate_kb * 1024
    status, body = sent(client, GOOD + "#" * most)
    assert (status, json.loads(body)["code"]) == (413, "request-too-large")
    assert sent(client, b"#" * (most * 5))[0] == 413
    assert sent(client, GOOD + "#" * (most - len(GOOD.encode())))[0] == 200


def test_what_is_packed_is_not_unpacked(client: FlaskClient) -> None:
    status, body = sent(client, GOOD, **{"Content-Encoding": "gzip"})
    assert (status, json.loads(body)["code"]) == (415, "unsupported-media-type")
    assert sent(client, GOOD, **{"Content-Encoding": "identity"})[0] == 200


@pytest.mark.parametrize(
    ("start", "middle", "end"),
    [
        ("<a:b> <a:c> ", "[", ""),
        ("<a:b> <a:c> ", "(", ""),
        ("<a:b> <a:c> ", "[<a:p> ", "1" + "]" * 1000),
        ("<http://", "a", "> a <b:c> ."),
        ('<a:b> <a:c> "', "x", '" .'),
        ("", "\0", ""),
        ("#", "\\u0041", ""),
    ],
    ids=["blank", "list", "nested", "iri", "text", "zeros", "escapes"],
)
def test_whatever_fits_is_answered(client: FlaskClient, settings: Settings, start: str, middle: str, end: str) -> None:
    room = settings.max_validate_kb * 1024 - len(start) - len(end)
    status, body = sent(client, start + middle * (room // len(middle)) + end)
    assert status in (200, 422, 503)
    assert b"Traceback" not in body


def test_nothing_is_a_mistake_of_its_own(client: FlaskClient) -> None:
    assert sent(client, "  ")[0] == 422


@pytest.fixture
def short(settings: Settings) -> Iterator[Trials]:
    yield Trials(replace(settings, validate_timeout_s=0.05, validate_workers=1))


def test_what_takes_too_long_is_stopped_and_leaves_room_for_the_next(kb: KnowledgeBase, short: Trials) -> None:
    for _ in range(3):
        with pytest.raises(ValidationTimeout) as raised:
            short.run(kb.generation, GOOD.encode(), "ttl", lang="en", form="json")
        assert raised.value.details["limit"] == "validate_timeout_s"


def test_memory_is_bounded(kb: KnowledgeBase, settings: Settings) -> None:
    small = Trials(replace(settings, validate_memory_mb=1))
    many = "".join(f"<{BASE}id/bridge/b{n}> a <{BASE}def#Bridge> .\n" for n in range(15_000)).encode()
    with pytest.raises(ValidationTimeout):
        small.run(kb.generation, many, "ttl", lang="en", form="json")


def test_when_there_is_no_room_one_is_told_to_come_back(kb: KnowledgeBase, settings: Settings) -> None:
    trials = Trials(replace(settings, validate_workers=1))
    trials._room.acquire()
    with pytest.raises(TooBusy) as raised:
        trials.run(kb.generation, GOOD.encode(), "ttl", lang="en", form="json")
    assert raised.value.retry_after_s > 0
    trials._room.release()
    assert trials.run(kb.generation, GOOD.encode(), "ttl", lang="en", form="json").things == 1


def test_a_busy_server_says_so_over_http(client: FlaskClient, app: Flask) -> None:
    trials: Trials = app.extensions["kggraph.trials"]
    held = 0
    while trials._room.acquire(blocking=False):
        held += 1
    try:
        answer = client.post("/validate", data=GOOD, content_type="text/turtle")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        for _ in range(held):
            trials._room.release()


def test_many_at_once_are_all_answered(kb: KnowledgeBase, settings: Settings) -> None:
    trials, outcomes = Trials(replace(settings, validate_workers=2, validate_timeout_s=60.0)), []

    def ask() -> None:
        try:
            outcomes.append(trials.run(kb.generation, BAD.encode(), "ttl", lang="en", form="json").results)
        except TooBusy:
            outcomes.append(-1)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 6
    assert set(outcomes) <= {2, -1}
    assert 2 in outcomes


def test_nothing_is_fetched(kb: KnowledgeBase, settings: Settings, tmp_path: Path) -> None:
    """A context and an import of an address that answers: nobody calls."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        trials = Trials(settings)
        thing = {"@id": f"{BASE}id/bridge/x", "https://example.org/p": {"@id": "https://example.org/o"}}
        inner = {"p": {"@id": "https://example.org/p", "@context": address}}
        for document in (
            {"@context": address, **thing},
            {"@context": [{"name": "https://example.org/name"}, address], **thing},
            {"@context": {"@version": 1.1, "@import": address}, **thing},
            {"@context": inner, **thing, "p": {"@id": "https://example.org/o", "q": 1}},
            {**thing, "https://example.org/q": {"@context": address, **thing}},
            {"@included": [{"@context": address, **thing}]},
            {"@context": "file:///etc/hostname", **thing},
        ):
            with pytest.raises(UnreadableData, match="nothing is fetched"):
                trials.run(kb.generation, json.dumps(document).encode(), "jsonld", lang="en", form="json")
        imports = f"<{BASE}id/bridge/x> <http://www.w3.org/2002/07/owl#imports> <{address}> .\n"
        trials.run(kb.generation, (GOOD + imports).encode(), "ttl", lang="en", form="json")
        with pytest.raises(TimeoutError):
            listener.accept()
