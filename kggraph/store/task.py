"""From a request to the task that an engine gets, by way of the guard; and back from its errors to clear ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kggraph.errors import BadParameter, NotAcceptable, QuerySyntaxError
from kggraph.rdf.iris import is_iri
from kggraph.rdf.results import result_formats
from kggraph.store.grammar import UNDECLARED, syntax_error
from kggraph.store.guard import MAX_QUERY_BYTES, InspectedQuery, inspect
from kggraph.store.protocol import QueryRequest, Task
from kggraph.terms import WELL_KNOWN


def task_of(request: QueryRequest, prefixes: Mapping[str, str] | None = None) -> Task:
    """The task for a request.

    :param prefixes: prefixes to write graphs with, besides those of the query.
    :raises QueryRefused: as `guard.inspect` says; also QuerySyntaxError.
    :raises BadParameter: a graph of the protocol is no IRI.
    :raises NotAcceptable: that form of query has no such results.
    """
    query = inspected(request.text, lambda: prefixes or {}, max_bytes=request.max_query_bytes)
    offers = [offer.media_type for offer in result_formats(query.form)]
    if request.results not in offers:
        raise NotAcceptable(f"A {query.form} query has no result in {request.results}.", available=tuple(offers))
    for parameter, graphs in (("default-graph-uri", request.default_graphs), ("named-graph-uri", request.named_graphs)):
        for iri in graphs or ():
            if not is_iri(iri):
                raise BadParameter(f"{parameter} is {iri!r}, which is not an IRI.", parameter=parameter)
    limits = query.form == "SELECT"
    default, named = request.default_graphs, request.named_graphs
    if default is None and named is None and query.merges_graphs:
        default, named = query.dataset(request.base_iri)
    text = query.limited(request.max_solutions) if limits else query.text
    # What the engine would first have to be asked, and then be asked again: the order of the columns.
    ordered = query.ordered(text)
    return Task(
        text=ordered or text,
        beyond=query.beyond(request.max_solutions) if limits else None,
        kind=query.kind,
        results=request.results,
        base_iri=request.base_iri,
        default_graphs=default,
        named_graphs=named,
        memory_mb=request.memory_mb,
        max_solutions=request.max_solutions,
        max_result_bytes=request.max_result_bytes,
        hold_bytes=request.hold_bytes,
        star=-1 if ordered else query.star,
        variables=query.variables() if query.star >= 0 and not ordered else (),
        prefixes=tuple({**(prefixes or {}), **query.prefixes()}.items()) if query.kind == "graph" else (),
    )


def inspected(
    text: str, prefixes: Callable[[], Mapping[str, str]], *, max_bytes: int = MAX_QUERY_BYTES, services: bool = False
) -> InspectedQuery:
    """What `guard.inspect` says, with the line to add when the query lacks a prefix that is known.

    :param prefixes: gives those known here.
    :raises QueryRefused: as `guard.inspect` says; also QuerySyntaxError.
    """
    try:
        return inspect(text, max_bytes=max_bytes, services=services)
    except QuerySyntaxError as error:
        if UNDECLARED in error.message:
            raise explained(error, text, prefixes()) from None
        raise


def explained(error: QuerySyntaxError, text: str, prefixes: Mapping[str, str]) -> QuerySyntaxError:
    """An engine's syntax error said better: with line, column and what may stand there."""
    return syntax_error(text, error.message, {**WELL_KNOWN, **prefixes})
