"""What engines take and give."""

from __future__ import annotations

import pytest

from kggraph.errors import BadParameter, NotAcceptable
from kggraph.rdf.results import result_format, result_formats
from kggraph.store import wire
from kggraph.store.client import QueryClient
from kggraph.store.embedded import EmbeddedEngine
from kggraph.store.protocol import QueryAnswer, QueryEngine, QueryRequest, Task
from kggraph.store.task import task_of


def takes(engine: type[QueryEngine]) -> type[QueryEngine]:
    """Only for the type checker: both engines are engines."""
    return engine


def test_both_engines_have_the_protocol() -> None:
    for engine in (takes(EmbeddedEngine), takes(QueryClient)):
        assert callable(engine.query)


def test_a_task_goes_over_the_wire_as_it_is() -> None:
    request = QueryRequest(
        "PREFIX a: <x:a> CONSTRUCT { ?s ?p 'é' } FROM <x:g> FROM <x:h> { ?s ?p ?o }",
        "text/turtle",
        timeout_s=1,
        base_iri="http://e/",
    )
    task = task_of(request, {"b": "x:b"})
    assert task.prefixes == (("b", "x:b"), ("a", "x:a"))
    assert task.default_graphs == ("x:g", "x:h")
    again = Task(*wire.load(wire.dump(task)))
    assert again._fields == task._fields
    assert wire.dump(again) == wire.dump(task)


def test_what_a_request_cannot_have() -> None:
    with pytest.raises(NotAcceptable):
        task_of(QueryRequest("ASK {}", "text/turtle"))
    with pytest.raises(BadParameter):
        task_of(QueryRequest("ASK {}", "text/csv", default_graphs=("no iri",)))


def test_an_answer_is_read_once_and_closed_at_will() -> None:
    closed: list[bool] = []
    answer = QueryAnswer("text/csv", "solutions", iter([b"a", b"b"]), closing=lambda: closed.append(True))
    assert answer.read() == b"ab"
    assert answer.read() == b""
    answer.close()
    assert closed == [True]


def test_formats_by_name_media_type_or_suffix() -> None:
    for form in ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE"):
        for offer in result_formats(form):  # type: ignore[arg-type]
            for name in (offer.name, offer.media_type, offer.suffix, f"{offer.media_type}; charset=utf-8"):
                assert result_format(form, name) == offer  # type: ignore[arg-type]
    assert result_format("SELECT", "ttl") is None
