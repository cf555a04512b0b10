"""Named queries on the command line: asked of the current generation in this process."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kggraph.config import Settings
from kggraph.errors import BadParameter
from kggraph.publish.generation import open_current
from kggraph.publish.labels import pick
from kggraph.publish.queries import NamedQuery, read_queries
from kggraph.rdf.results import result_format, result_formats
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.store.guard import inspect
from kggraph.store.protocol import QueryRequest

TABLE: Final = "table"
_WIDEST: Final = 60


def queries_of(settings: Settings) -> dict[str, NamedQuery]:
    """The named queries of a knowledge base."""
    return read_queries(settings.queries_path, base_from=settings.source_base_uri, base_to=settings.base_uri)


def listing(settings: Settings, lang: str) -> Iterator[str]:
    """A line for each named query: its name, what it asks, and its parameters."""
    queries = queries_of(settings)
    width = max(map(len, queries), default=0)
    for name, query in queries.items():
        yield f"{name:{width}}  {pick(query.title, lang).text}"
        for parameter in query.parameters:
            yield f"{'':{width}}    --param {parameter.name}={parameter.default_text}"


def answer(settings: Settings, name: str, values: Mapping[str, str], form: str) -> Iterator[str]:
    """The result of a named query in pieces of text.

    :param values: parameter to value.
    :param form: `table`, or a format that fits the query: csv, tsv, json, xml; ttl, nt, jsonld, rdf.
    :raises BadParameter: there is no such query, parameter or format.
    :raises GenerationError: nothing was built yet.
    """
    queries = queries_of(settings)
    if name not in queries:
        near = difflib.get_close_matches(name, queries, 1)
        hint = f"Did you mean {near[0]}?" if near else "kggraph query --list shows them."
        raise BadParameter(f"There is no query {name!r}. {hint}", parameter="name")
    text = queries[name].bind(values)
    query = inspect(text)
    is_table = form == TABLE and query.kind != "graph"
    wanted = "json" if is_table else "ttl" if form == TABLE else form
    chosen = result_format(query.form, wanted)
    if chosen is None:
        known = ", ".join([TABLE, *(offer.name for offer in result_formats(query.form))])
        raise BadParameter(f"The result of {name} cannot be {form!r}; it can be {known}.", parameter="format")
    engine = EmbeddedEngine(open_store(open_current(settings).quads_path.parent), settings.served_prefixes)
    result = engine.query(QueryRequest(text, chosen.media_type, base_iri=settings.base_uri))
    if is_table:
        yield from _table(json.loads(result.read()))
    else:
        for chunk in result.chunks:
            yield chunk.decode()


def _table(result: Mapping[str, Any]) -> Iterator[str]:
    if "boolean" in result:
        yield f"{str(result['boolean']).lower()}\n"
        return
    variables: list[str] = result["head"]["vars"]
    rows = [[_cell(row.get(name)) for name in variables] for row in result["results"]["bindings"]]
    widths = [max(len(name), *(len(row[at]) for row in rows), 0) for at, name in enumerate(variables)]
    yield _line(variables, widths)
    yield _line(["-" * width for width in widths], widths)
    for row in rows:
        yield _line(row, widths)


def _cell(term: Mapping[str, str] | None) -> str:
    text = " ".join((term or {}).get("value", "").split())
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"
