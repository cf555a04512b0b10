"""SERVICE outside of the engine: each endpoint is asked first, and its solutions take the clause's place as VALUES.

The engine's workers have no sockets, and shall have none. A clause asks for its whole pattern, whatever is known around
it: joining that with the rest is what SPARQL says it means (https://www.w3.org/TR/sparql11-federated-query/#defn_service).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions, Variable, parse_query_results

from kggraph.errors import QueryRefused, ServiceFailed
from kggraph.rdf.iris import is_iri
from kggraph.rdf.media import RESULTS_JSON
from kggraph.rdf.results import RESULT_KINDS
from kggraph.store.guard import InspectedQuery, expand, inspect
from kggraph.store.lexer import Token, tokens, unescape
from kggraph.store.outbound import Outbound, ServicePolicy
from kggraph.store.protocol import QueryAnswer, QueryEngine, QueryRequest

MAX_SOLUTIONS: Final = 10_000
"""Solutions of one endpoint."""
MAX_CLAUSES: Final = 4
_JOINED_BYTES: Final = 3 * 1024 * 1024
"""A query with all solutions in it: it goes to its worker twice, and a request may have eight megabytes."""


@dataclass(frozen=True, slots=True)
class ServiceClause:
    """One SERVICE of a query; `text[start:end]` is all of it."""

    start: int
    end: int
    endpoint: str
    pattern: str
    """The group that is asked for, with its braces."""
    is_silent: bool


class FederatedEngine:
    """A `QueryEngine` before another one, to which no SERVICE gets."""

    def __init__(self, inner: QueryEngine, policy: ServicePolicy) -> None:
        self._inner, self._policy = inner, policy
        self._outbound = Outbound(policy)

    def query(self, request: QueryRequest) -> QueryAnswer:
        """See `QueryEngine.query`.

        :raises ServiceFailed: an endpoint that is allowed did not answer as it should.
        """
        query = inspect(request.text, max_bytes=request.max_query_bytes, services=True)
        if not query.has_service:
            return self._inner.query(request)
        failed: list[str] = []
        text = self._joined(query, request.base_iri, failed)
        answer = self._inner.query(request._replace(text=text, max_query_bytes=_JOINED_BYTES))
        answer.failed_services = tuple(failed)
        return answer

    def _joined(self, query: InspectedQuery, base_iri: str | None, failed: list[str]) -> str:
        """The query with the solutions of each endpoint in the place of its clause."""
        deadline = time.monotonic() + self._policy.timeout_s
        pieces, done = [], 0
        for clause in service_clauses(query):
            pieces += [query.text[done : clause.start], self._solutions(query, clause, base_iri, deadline, failed)]
            done = clause.end
        text = "".join(pieces) + query.text[done:]
        if len(text.encode("utf-8", "surrogatepass")) > _JOINED_BYTES:
            raise ServiceFailed(
                f"The other servers answered with more than {_JOINED_BYTES // 1024 // 1024} MB; ask them for less.",
                service=clause.endpoint,
            )
        return text

    def _solutions(
        self, query: InspectedQuery, clause: ServiceClause, base_iri: str | None, deadline: float, failed: list[str]
    ) -> str:
        base = f"BASE <{base_iri}>\n" if base_iri else ""
        asked = f"{base}{prologue(query.text)}SELECT * WHERE {clause.pattern}\nLIMIT {MAX_SOLUTIONS + 1}"
        try:
            body, media_type = self._outbound.ask(clause.endpoint, asked, deadline)
            return values_block(read_results(body, media_type, clause.endpoint), clause.endpoint)
        except ServiceFailed:
            if not clause.is_silent:
                raise
            failed.append(clause.endpoint)
            return "{ }"  # one solution that binds nothing, as the specification says of SILENT


def service_clauses(query: InspectedQuery) -> list[ServiceClause]:
    """The SERVICE clauses of a query, in their order.

    >>> [c.pattern for c in service_clauses(inspect("ASK { SERVICE <http://a/> { ?s ?p ?o } }", services=True))]
    ['{ ?s ?p ?o }']

    :raises QueryRefused: one has a variable for its endpoint, or stands within another; or there are too many.
    """
    read = iter(tokens(query.text))
    found = [_clause(query, token, read) for token in read if _is_service(token)]
    if len(found) > MAX_CLAUSES:
        raise _refused(f"The query asks other servers {len(found)} times; {MAX_CLAUSES} is what this endpoint does.")
    return found


def _is_service(token: Token) -> bool:
    return token.kind == "word" and token.text.upper() == "SERVICE"


def _clause(query: InspectedQuery, first: Token, read: Iterator[Token]) -> ServiceClause:
    token = next(read)
    is_silent = token.kind == "word"  # the grammar has been checked: SILENT
    if is_silent:
        token = next(read)
    if token.kind == "variable":
        raise _refused(f"SERVICE {token.text} has a variable for its endpoint; name the endpoint by its IRI.")
    is_name = token.kind == "pname"
    endpoint = expand(token.text, query.prefixes()) if is_name else unescape(token.text[1:-1])
    if not is_iri(endpoint):
        raise _refused(f"SERVICE {token.text[:80]} is no absolute IRI; write the endpoint in full.")
    begin = next(read)
    depth, end = 1, begin.end
    for inner in read:
        if _is_service(inner):
            raise _refused("There is a SERVICE within a SERVICE; ask that server first, and put its answer in VALUES.")
        depth += (inner.text == "{") - (inner.text == "}") if inner.kind == "mark" else 0
        if depth == 0:
            end = inner.end
            break
    return ServiceClause(first.start, end, endpoint, query.text[begin.start : end], is_silent)


def _refused(sentence: str) -> QueryRefused:
    return QueryRefused(sentence, what="SERVICE")


def prologue(text: str) -> str:
    """The BASE and PREFIX lines of a query.

    >>> prologue("PREFIX a: <http://a/> SELECT * { }")
    'PREFIX a: <http://a/> '
    """
    start = next(each.start for each in tokens(text) if each.kind == "word" and each.text.upper() in RESULT_KINDS)
    return text[:start]


def read_results(body: bytes, media_type: str, endpoint: str) -> Mapping[str, Any]:
    """The result of a SELECT, as the members of SPARQL JSON.

    :raises ServiceFailed: it is none.
    """
    wrong = ServiceFailed(f"<{endpoint}> answered with what is not a result of SELECT.", service=endpoint)
    try:
        if media_type != RESULTS_JSON.media_type:
            read = parse_query_results(body, format=QueryResultsFormat.XML)
            body = (read.serialize(format=QueryResultsFormat.JSON) or b"") if isinstance(read, QuerySolutions) else b""
        results: Mapping[str, Any] = json.loads(body)
        is_select = isinstance(results["head"]["vars"], list) and isinstance(results["results"]["bindings"], list)
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError):
        raise wrong from None
    if not is_select:
        raise wrong
    return results


def values_block(results: Mapping[str, Any], endpoint: str) -> str:
    """A group that gives the solutions of a result.

    >>> row = {"s": {"type": "uri", "value": "http://a/"}}
    >>> values_block({"head": {"vars": ["s", "t"]}, "results": {"bindings": [row]}}, "http://e/")
    '{ VALUES (?s ?t) { (<http://a/> UNDEF) } }'

    :raises ServiceFailed: a term cannot be written in a query; there are too many solutions.
    """
    names, rows = results["head"]["vars"], results["results"]["bindings"]
    if len(rows) > MAX_SOLUTIONS:
        raise ServiceFailed(
            f"<{endpoint}> answered with more than {MAX_SOLUTIONS:,} solutions; ask it for less.", service=endpoint
        )
    try:
        variables = " ".join(str(Variable(name)) for name in names)
        lines = [" ".join(_term(row.get(name), endpoint) for name in names) for row in rows]
        "".join(lines).encode()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ServiceFailed(f"<{endpoint}> answered with terms that are not RDF.", service=endpoint) from None
    return f"{{ VALUES ({variables}) {{ {' '.join(f'({line})' for line in lines)} }} }}"


def _term(term: Mapping[str, str] | None, endpoint: str) -> str:
    if term is None:
        return "UNDEF"
    kind, value = term["type"], term["value"]
    if kind == "uri":
        return str(NamedNode(value))
    if kind not in ("literal", "typed-literal"):
        raise ServiceFailed(
            f"<{endpoint}> answered with blank nodes, which mean nothing outside of it; ask for IRIs and literals, in "
            "a subquery with SELECT.",
            service=endpoint,
        )
    if language := term.get("xml:lang"):
        return str(Literal(value, language=language))
    datatype = term.get("datatype")
    return str(Literal(value, datatype=NamedNode(datatype)) if datatype else Literal(value))
