"""Running a query for a client: within its limits, kept when it may be asked again, told in the log if that is on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

from flask import Response, current_app, g, request

from kggraph.config import Settings
from kggraph.errors import BadParameter, KgError, NotAcceptable, TooManySolutions
from kggraph.publish.tables import PEOPLE_FORMATS, XLSX, with_labels, write_table
from kggraph.rdf.media import HTML, RESULTS_JSON, Representation, negotiate
from kggraph.rdf.results import result_format, result_formats
from kggraph.store.guard import InspectedQuery
from kggraph.store.protocol import QueryAnswer, QueryEngine, QueryRequest
from kggraph.store.task import inspected
from kggraph.web.cache import Key
from kggraph.web.http import KEPT_TIMING as KEPT_TIMING
from kggraph.web.http import Link, Stream, ascii_uri, deliver, kept_response, version
from kggraph.web.published import published_description
from kggraph.web.query_log import log_query
from kggraph.web.render import Here
from kggraph.web.sparql_help import help_for
from kggraph.web.sparql_request import Asked
from kggraph.web.turns import give_back
from kggraph.web.visitors import client_key

TABLE_ROWS: Final = 100_000
"""Solutions in formats for people and with labels, which are made in memory."""
_TABLE_BYTES: Final = 32 * 1024 * 1024
_KEPT_QUERY: Final = 16_384
ANSWER: Final = "kggraph.answer"
RAISED: Final = "kggraph.raised"
"""What the short way (`sparql_direct`) found for a request that it then left to the ordinary one."""
_LONGEST_LINK: Final = 6_000


@dataclass(slots=True)
class Timing:
    """What took how long, for `Server-Timing` (https://www.w3.org/TR/server-timing/), in ms."""

    started: float
    queued_s: float = 0.0
    truncated: bool = False

    def header(self) -> str:
        total = (time.perf_counter() - self.started) * 1000
        return f"queue;dur={self.queued_s * 1000:.2f}, query;dur={max(0.0, total - self.queued_s * 1000):.2f}"


def offers(inspected: InspectedQuery) -> tuple[Representation, ...]:
    """Every format that the result of a query can be sent in, those for machines first."""
    people = PEOPLE_FORMATS if inspected.kind != "graph" else ()
    return (*result_formats(inspected.form), *people)


def chosen_format(inspected: InspectedQuery, name: str, accept: str | None) -> Representation:
    """The format of a result: what `format` names, else what the client likes best; `HTML` is the page.

    :raises BadParameter: there is no such format for this form of query.
    :raises NotAcceptable: the client accepts none.
    """
    if name == HTML.name:
        return HTML
    offered = offers(inspected)
    if name:
        people = next((one for one in offered if one in PEOPLE_FORMATS and name in (one.name, one.media_type)), None)
        named = people or result_format(inspected.form, name)
        if named is None:
            known = ", ".join(offer.name for offer in offered)
            raise BadParameter(
                f"The result of {inspected.form} has no format {name[:40]!r}; it has {known}.", parameter="format"
            )
        return named
    found = _negotiated(accept, offered)
    if found is None:
        media_types = tuple(offer.media_type for offer in offered)
        raise NotAcceptable(f"A result of {inspected.form} can be {', '.join(media_types)}.", available=media_types)
    return found


@lru_cache(maxsize=1024)
def _negotiated(accept: str | None, offered: tuple[Representation, ...]) -> Representation | None:
    return negotiate(accept, (*(offer for offer in offered if offer.media_type != HTML.media_type), HTML))


def checked(settings: Settings, text: str) -> InspectedQuery:
    """The query as the guard sees it.

    :raises QueryRefused: it is not to be run here; also QuerySyntaxError.
    """
    most, services = settings.max_query_kb * 1024, bool(settings.service_allow)
    return inspected(text, lambda: settings.served_prefixes, max_bytes=most, services=services)


def respond(place: Here, asked: Asked, inspected: InspectedQuery, format: Representation) -> Response:
    """The answer for a machine, or a file for people: the one that is kept, or a fresh one."""
    key = None if inspected.has_service else key_of(version(), asked, format)  # what others say changes
    started = time.perf_counter()
    if key and (again := kept_response(key, literally=_may_shortcut(place))):
        log_query(place.site.settings, asked, format.name, again.status_code, started, cached=True)
        return again
    timing = Timing(started)
    try:
        if error := request.environ.pop(RAISED, None):
            raise error
        stream = _stream(place, asked, inspected, format, timing)
        response = deliver(
            replace(
                stream, key=key if _is_current(stream) else None, literally=_may_shortcut(place), timing=timing.header
            )
        )
    except KgError as error:
        g.problem_help = help_for(error, place, asked)
        log_query(place.site.settings, asked, format.name, error.status, started)
        raise
    log_query(place.site.settings, asked, format.name, response.status_code, started)
    return response


def run(place: Here, asked: Asked, results: Representation, max_solutions: int, max_bytes: int = 0) -> QueryAnswer:
    """The engine's answer."""
    engine: QueryEngine = current_app.extensions["kggraph.engine"]
    settings = place.site.settings
    give_back()  # before other servers are asked as well
    return engine.query(engine_request(settings, asked, results, max_solutions, request.remote_addr or "", max_bytes))


def engine_request(
    settings: Settings, asked: Asked, results: Representation, max_solutions: int, client: str, max_bytes: int = 0
) -> QueryRequest:
    """What the engine is asked.

    :param client: address of who asks. It is only told apart, for a fair queue, and does not leave this process.
    :param max_bytes: less than the settings allow, when not 0.
    """
    allowed = settings.max_result_mb * 1024 * 1024
    return QueryRequest(
        text=asked.text,
        results=results.media_type,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        timeout_s=settings.query_timeout_s,
        memory_mb=settings.query_memory_mb,
        max_solutions=max_solutions,
        max_query_bytes=settings.max_query_kb * 1024,
        max_result_bytes=min(allowed, max_bytes) if max_bytes else allowed,
        base_iri=settings.base_uri,
        client=client_key(client),
    )


def _stream(place: Here, asked: Asked, inspected: InspectedQuery, format: Representation, timing: Timing) -> Stream:
    if asked.labels or format in PEOPLE_FORMATS:
        return _tabled(place, asked, inspected, format, timing)
    if inspected.form == "DESCRIBE" and (body := published_description(place, asked, inspected, format, run)):
        return Stream(format.content_type, [body], lambda: None, version=version())
    limit = place.site.settings.max_solutions
    answer = request.environ.pop(ANSWER, None) or run(place, asked, format, limit)
    timing.queued_s = answer.queued_s
    links, headers = _cut(place, asked, inspected, limit) if answer.truncated else ((), ())
    headers = (*headers, *(("X-Service-Failed", ascii_uri(service)) for service in answer.failed_services))
    return Stream(format.content_type, answer.chunks, answer.close, links, headers, version=answer.version)


def _tabled(place: Here, asked: Asked, inspected: InspectedQuery, format: Representation, timing: Timing) -> Stream:
    if asked.labels and asked.labels not in place.site.settings.languages:
        known = ", ".join(place.site.settings.languages)
        raise BadParameter(f"There are labels in {known}, not in {asked.labels[:20]!r}.", parameter="labels")
    if inspected.kind == "graph":
        raise BadParameter("Labels can be added to the solutions of SELECT only.", parameter="labels")
    limit = min(place.site.settings.max_solutions, TABLE_ROWS)
    answer = run(place, asked, RESULTS_JSON, limit, _TABLE_BYTES)
    timing.queued_s = answer.queued_s
    results = json.loads(answer.read())
    if asked.labels and "boolean" not in results and place.site.generations is not None:
        results = with_labels(results, place.kb.labels, asked.labels)
    links, headers = _cut(place, asked, inspected, limit) if answer.truncated else ((), ())
    headers = (*headers, *(("X-Service-Failed", ascii_uri(service)) for service in answer.failed_services))
    if format is XLSX:
        headers = (*headers, ("Content-Disposition", 'attachment; filename="result.xlsx"'))
    body = write_table(results, format, is_cut=answer.truncated)
    return Stream(format.content_type, [body], lambda: None, links, headers, version=answer.version)


def _cut(
    place: Here, asked: Asked, inspected: InspectedQuery, limit: int
) -> tuple[tuple[Link, ...], tuple[tuple[str, str], ...]]:
    """What says that solutions were cut off: how many there are, and where the next ones are.

    :raises TooManySolutions: the address of the next ones would be too long to be sent.
    """
    more = [("format", asked.format)] if asked.format else []
    more += [("labels", asked.labels)] if asked.labels else []
    pairs = [("query", inspected.after(limit)), *asked.pairs[1:], *more]
    target = f"{place.prefix}/sparql?{urlencode(pairs)}"
    if len(target) > _LONGEST_LINK:
        raise TooManySolutions(
            f"The result has more than {limit:,} solutions; ask for it in parts, with ORDER BY, LIMIT and OFFSET.",
            allowed=limit,
        )
    return (Link(target, "next"),), (("X-Result-Truncated", str(limit)),)


# ------------------------------------------------------------------ keeping
def key_of(generation: str, asked: Asked, format: Representation) -> Key | None:
    """Generation, query, dataset, format and labels; the limits are those of this server."""
    if len(asked.text) > _KEPT_QUERY:
        return None
    graphs: Iterable[tuple[str, ...] | None] = (asked.default_graphs, asked.named_graphs)
    parts = ["\n".join(each) if each is not None else "-" for each in graphs]
    return (generation, "/sparql", format.name, asked.format, asked.labels, asked.text, *parts)


def _is_current(stream: Stream) -> bool:
    """Whether the answer is of the generation that this process serves, not of the next or the last one."""
    return stream.version in ("", version())


def _may_shortcut(place: Here) -> bool:
    """Whether the same request may be answered before anything else of us sees it: not when it is to be logged."""
    return request.method == "GET" and not place.site.settings.query_log


Runner = Callable[[Here, Asked, Representation, int], QueryAnswer]
