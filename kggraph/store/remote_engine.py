"""A SPARQL engine elsewhere, asked through SPARQLWrapper: for queries from the workers of a query host, and to publish.

https://www.w3.org/TR/sparql11-protocol/. A query worker asks it as it would ask its own store: the guard, the queue,
the deadline and the limits of the query host hold here too. What a worker gives up (`sandbox`) is the same, except
that it may open a socket. Results are asked for as XML and N-Triples whatever was asked for here, so that every engine
gives every format, and the same bytes.

The data of a generation are a graph of their own in the engine, named by its version (`graph_of`). It is the default
graph of a query that names no dataset, so a switch to another generation moves no triples.
"""

from __future__ import annotations

import ast
import base64
import mmap
import re
import struct
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from http.client import HTTPException
from typing import IO, Any, Final, TypeVar
from urllib.error import HTTPError, URLError

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
)
from SPARQLWrapper import POST, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from kggraph.errors import EngineError, EngineUnavailable, KgError, QueryTimeout
from kggraph.rdf.media import N_TRIPLES, RDF_XML, RESULTS_XML, TURTLE
from kggraph.store.evaluate import Dataset, Results, too_large
from kggraph.store.guard import inspect
from kggraph.store.protocol import Task
from kggraph.store.remote import COMPLETE, Remote, graph_of, ledger_of

_Given = TypeVar("_Given")

_PAUSES_S: Final = (0.1, 0.4)
"""Before a request that can be repeated is repeated."""
_PASSING: Final = (502, 503, 504)
"""What an engine, or a proxy before it, says when it may do better in a moment."""
_FAILURES: Final = 5
_OPEN_S: Final = 5.0
_SAID_CHARACTERS: Final = 200
_BOOLEAN: Final = '<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><boolean>{}</boolean></sparql>'
_BLANK_NODE: Final = re.compile(rb"<bnode>([^<]*)</bnode>")
_EVERYTHING: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


class Breaker:
    """Stops asking an engine that does not answer: shared by all processes forked after it was made.

    After five failures in a row requests fail at once, and also when none of five or more was answered within the time
    that a request has: who asks may be ended while it waits, so each one is noted before. Every five seconds one of
    them is let through to look again.
    """

    _STATE: Final = struct.Struct("<qdqd")

    def __init__(self, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """
        :param timeout_s: what a request may take.
        """
        self._memory, self._clock, self._timeout_s = mmap.mmap(-1, self._STATE.size), clock, timeout_s

    def check(self) -> None:
        """Return when the engine may be asked, and note that it is.

        :raises EngineUnavailable: it failed too often just now.
        """
        failures, look_again, unanswered, since = self._STATE.unpack(self._memory[:])
        now = self._clock()
        is_silent = unanswered >= _FAILURES and now - since > self._timeout_s
        if failures >= _FAILURES or is_silent:
            if now < look_again:
                raise EngineUnavailable("The query engine does not answer just now; ask again in a moment.")
            look_again = now + _OPEN_S
        self._put(failures, look_again, unanswered + 1, since if unanswered else now)

    def failed(self) -> None:
        """Take in that the engine is not there."""
        failures, _, *unanswered = self._STATE.unpack(self._memory[:])
        self._put(failures + 1, self._clock() + _OPEN_S, *unanswered)

    def worked(self) -> None:
        """Take in that it answered."""
        if self._memory[:] != bytes(self._STATE.size):
            self._put(0, 0.0, 0, 0.0)

    def _put(self, failures: int, look_again: float, unanswered: int, since: float) -> None:
        self._memory[:] = self._STATE.pack(failures, look_again, unanswered, since)


class RemoteDataset(Dataset):
    """What a query worker has instead of a store: results come from the engine.

    :param version: of the generation whose graph is asked.
    """

    needs_network = True

    def __init__(self, remote: Remote, version: str, breaker: Breaker | None = None) -> None:
        super().__init__(Store())
        self._remote, self._breaker = remote, breaker or Breaker(remote.timeout_s)
        self._graph = graph_of(remote.base, version)
        self._is_there = False

    def results(self, text: str, task: Task) -> Results:
        """See `Dataset.results`.

        :raises QuerySyntaxError: in the words of Oxigraph, which reads every query first: errors of syntax are told
            alike whatever engine there is, and only its own errors are the engine's.
        :raises EngineUnavailable: the engine does not answer, refuses our credentials or fails.
        :raises EngineError: the engine cannot answer this query.
        :raises QueryTimeout: the engine gave up, or only a part of the result.
        :raises ResultTooLarge: more bytes than are allowed.
        """
        with suppress(RuntimeError, ValueError, OSError):  # of evaluating it, which is not done here
            self.store.query(text, base_iri=task.base_iri)
        if not self._is_there:
            self._look_for_generation(task)
        default, named = self._dataset_of(text, task)
        if default or named:
            text = inspect(text).without_dataset()  # the dataset of a request comes first; Virtuoso would join them
        wrapper = self._wrapper(f"BASE <{task.base_iri}>\n{text}" if task.base_iri else text, task.kind == "graph")
        for graph in default:
            wrapper.addDefaultGraph(graph)
        for graph in named:
            wrapper.addNamedGraph(graph)
        body, media_type = patiently(lambda: self._answer(wrapper, task), self._remote, self._breaker)
        if task.kind == "graph":
            return _graph(body, media_type)
        return _boolean(body) if task.kind == "boolean" else _table(body)

    def _look_for_generation(self, task: Task) -> None:
        wrapper = self._wrapper(f"ASK {{ GRAPH <{ledger_of(self._remote.base)}> {{ <{self._graph}> {COMPLETE} ?n }} }}")
        body, _ = patiently(lambda: self._answer(wrapper, task), self._remote, self._breaker)
        if not _boolean(body):
            raise EngineUnavailable("The query engine does not have these data yet; they have to be published.")
        self._is_there = True

    def _dataset_of(self, text: str, task: Task) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if task.default_graphs is not None or task.named_graphs is not None:
            return task.default_graphs or (), task.named_graphs or ()
        if any(inspect(text).dataset(task.base_iri)):
            return (), ()
        return (self._graph,), self._remote.named_graphs

    def _wrapper(self, text: str, is_graph: bool = False) -> SPARQLWrapper:
        wrapper = SPARQLWrapper(self._remote.query_url)
        wrapper.setMethod(POST)
        wrapper.setTimeout(max(1, round(self._remote.timeout_s)))
        wrapper.setQuery(text)
        accepted = (N_TRIPLES, TURTLE, RDF_XML) if is_graph else (RESULTS_XML,)
        wrapper.addCustomHttpHeader("Accept", ", ".join(one.media_type for one in accepted))
        for name, value in authorization(self._remote).items():
            wrapper.addCustomHttpHeader(name, value)
        if self._remote.timeout_parameter:
            wrapper.addParameter(self._remote.timeout_parameter, str(round(self._remote.timeout_s * 1000)))
        return wrapper

    def _answer(self, wrapper: SPARQLWrapper, task: Task) -> tuple[bytes, str]:
        with wrapper.query().response as answer:
            _refuse_part(answer.status, answer.headers, self._remote.timeout_s)
            most = 4 * task.max_result_bytes  # XML takes more room than what is made of it
            body = answer.read(most + 1)
            if len(body) > most:
                raise too_large(task.max_result_bytes)
            return body, answer.headers.get_content_type()


def patiently(ask: Callable[[], _Given], remote: Remote, breaker: Breaker) -> _Given:
    """What a request gives that may be repeated without harm: tried three times while the engine is not there.

    :raises EngineUnavailable: it does not answer, or refuses our credentials.
    :raises EngineError: it answers that it cannot.
    """
    breaker.check()
    for pause in (*_PAUSES_S, None):
        try:
            with _opening(remote):
                given = ask()
        except (SPARQLWrapperException, HTTPError, URLError, HTTPException, OSError) as error:
            problem = _problem(error, remote)
            for each in (error, error.__context__):
                if isinstance(each, HTTPError):
                    each.close()
            if pause is None or not problem.is_passing:
                if problem.is_passing:
                    breaker.failed()
                elif not problem.is_silence:
                    breaker.worked()
                raise problem.error from None
            time.sleep(pause)
        else:
            breaker.worked()
            return given
    raise AssertionError("the last attempt returns or raises")


def authorization(remote: Remote) -> dict[str, str]:
    """The header with our credentials, for the schemes that need no challenge."""
    if remote.auth == "basic":
        pair = base64.b64encode(f"{remote.user}:{remote.password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    return {"Authorization": f"Bearer {remote.token}"} if remote.auth == "bearer" else {}


@lru_cache(maxsize=4)
def _opener(remote: Remote) -> urllib.request.OpenerDirector:
    """Answers the challenge of digest authentication, and follows no redirect with our credentials."""
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if remote.auth == "digest":
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        for url in filter(None, (remote.query_url, remote.update_url, remote.graph_store_url)):
            passwords.add_password(None, url, remote.user, remote.password)
        handlers.append(urllib.request.HTTPDigestAuthHandler(passwords))
    return urllib.request.build_opener(*handlers)


@contextmanager
def _opening(remote: Remote) -> Iterator[None]:
    """SPARQLWrapper takes the opener of the whole process, so it is ours for no longer than a request takes."""
    urllib.request.install_opener(_opener(remote))
    try:
        yield
    finally:
        urllib.request.install_opener(None)  # the default one, made when it is needed


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """None: the redirect becomes an error."""


# ------------------------------------------------------------------ what comes back
def _table(body: bytes) -> Results:
    body = _BLANK_NODE.sub(_well_named, body)
    try:
        found: Any = parse_query_results(body, format=QueryResultsFormat.XML)
        if not isinstance(found, QuerySolutions):
            return found  # type: ignore[no-any-return]
        return _checked_solutions(body, found)
    except (SyntaxError, ValueError):
        raise EngineUnavailable("The query engine sent a result that breaks off or is no result; ask again.") from None


def _well_named(found: re.Match[bytes]) -> bytes:
    """A blank node by a name that it can have: Virtuoso says `nodeID://b1`."""
    return b"<bnode>" + re.sub(rb"[^A-Za-z0-9]", b"_", found[1].strip()) + b"</bnode>"


def _boolean(body: bytes) -> QueryBoolean:
    found = _table(body)
    if isinstance(found, QueryBoolean):
        return found
    # Virtuoso gives a table instead, with a row for yes.
    said = "true" if isinstance(found, QuerySolutions) and next(iter(found), None) is not None else "false"
    made = parse_query_results(_BOOLEAN.format(said).encode(), format=QueryResultsFormat.XML)
    assert isinstance(made, QueryBoolean)
    return made


def _checked_solutions(body: bytes, found: QuerySolutions) -> QuerySolutions:
    # The parser is lazy, and a result that ends too early must not look complete.
    if not body.rstrip().endswith((b"</sparql>", b"</sparql >")):
        raise SyntaxError("the end is missing")
    return found


def _graph(body: bytes, media_type: str) -> QueryTriples:
    rdf_format = RdfFormat.from_media_type(media_type)
    if rdf_format is None:
        raise EngineUnavailable(f"The query engine sent {media_type} where a graph was asked for.")
    store = Store()
    try:
        store.extend(parse(body, format=rdf_format))
    except (SyntaxError, ValueError):
        raise EngineUnavailable("The query engine sent a graph that breaks off or is no graph; ask again.") from None
    found = store.query(_EVERYTHING)
    assert isinstance(found, QueryTriples)
    return found


def _refuse_part(status: int, headers: Message, timeout_s: float) -> None:
    """Virtuoso sends what it has when its time is over, with a header that says so."""
    if status == 206 or headers.get("X-SQL-State"):
        raise QueryTimeout(
            f"The query ran longer than {timeout_s:g} seconds in the engine and was stopped; ask for less.",
            allowed=timeout_s,
        )


@dataclass(frozen=True, slots=True)
class _Problem:
    error: KgError
    is_passing: bool
    is_silence: bool = False
    """Whether there was no answer at all within the time for one."""


def _problem(error: Exception, remote: Remote) -> _Problem:
    """What an error of the client says, without addresses and credentials."""
    if isinstance(error, TimeoutError) or (isinstance(error, URLError) and isinstance(error.reason, TimeoutError)):
        return _Problem(
            EngineUnavailable("The query engine did not answer in time; ask again or for less."), False, True
        )
    status = error.code if isinstance(error, HTTPError) else _STATUS.get(type(error).__name__, 0)
    if status in (401, 403):
        return _Problem(EngineUnavailable("The query engine refuses the credentials of this server."), False)
    if 300 <= status < 400:
        return _Problem(EngineUnavailable("The query engine sends elsewhere; set its own address."), False)
    if status in _PASSING or not status:
        return _Problem(EngineUnavailable("The query engine does not answer just now; ask again in a moment."), True)
    said = error.read() if isinstance(error, HTTPError) else str(error).partition("Response:\n")[2]
    line = _first_line(said, remote)
    if line.startswith("<"):  # a page, which says it to people
        return _Problem(EngineError(f"The query engine, or a proxy before it, answers with status {status}."), False)
    return _Problem(EngineError(f"The query engine cannot answer this: {line}"), False)


_STATUS: Final = {
    "QueryBadFormed": 400,
    "Unauthorized": 401,
    "EndPointNotFound": 404,
    "URITooLong": 414,
    "EndPointInternalError": 500,
}


def _first_line(said: bytes | str, remote: Remote) -> str:
    """What an engine says, in one line; an engine that repeats what it was asked with tells our credentials."""
    if isinstance(said, str) and said.startswith(("b'", 'b"')):  # SPARQLWrapper writes bytes as Python does
        said = ast.literal_eval(said)
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    line = next((line.strip() for line in text.splitlines() if line.strip()), "it says no more")
    header = authorization(remote).get("Authorization", "")
    for secret in filter(None, (remote.password, remote.token, header.partition(" ")[2])):
        line = line.replace(secret, "…")
    return line[:_SAID_CHARACTERS].rstrip(".") + "."
