"""The one HTTP layer: a view says what it has, this says how it goes out.

Negotiation, Vary, entity tags, 304, Link, Content-Location, CORS, security headers and the cache of finished answers
are here and nowhere else, so every route has them alike.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Final, ParamSpec, TypeAlias
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, current_app, g, request

from kggraph.errors import NotAcceptable
from kggraph.rdf.media import HTML, Representation, negotiate
from kggraph.web.cache import Finished, Key, ResponseCache, literal_key, matches, status_line
from kggraph.web.cache import etag_of as etag_of
from kggraph.web.headers import EVERYWHERE, say_what_is_allowed
from kggraph.web.headers import FOREVER as FOREVER
from kggraph.web.headers import FRESH as FRESH
from kggraph.web.headers import KEPT_TIMING as KEPT_TIMING
from kggraph.web.headers import NO_STORE as NO_STORE
from kggraph.web.headers import VARY as VARY
from kggraph.web.headers import VARY_PROFILE as VARY_PROFILE
from kggraph.web.links import LOCALISED, alternates
from kggraph.web.links import Link as Link
from kggraph.web.links import ascii_uri as ascii_uri
from kggraph.web.links import language_prefix as language_prefix
from kggraph.web.links import no_links as no_links
from kggraph.web.links import path_language as path_language
from kggraph.web.whole import WholeResponse

P = ParamSpec("P")

JSON: Final = Representation("json", ".json", "application/json", "JSON")
TEXT: Final = Representation("txt", ".txt", "text/plain", "Text")
SVG: Final = Representation("svg", ".svg", "image/svg+xml", "SVG")
CSS: Final = Representation("css", ".css", "text/css", "CSS")
SCRIPT: Final = Representation("js", ".js", "text/javascript", "JavaScript")

_HELD_BYTES: Final = 4 * 1024 * 1024
"""Bytes of a query's answer that are kept in memory; longer ones go through a file."""
_KEEPS_LOCK: Final = 2047
"""Bytes that hashlib takes without giving the interpreter lock away, which costs more than to hash a page."""
_BLOCK_BYTES: Final = 64 * 1024
_TURN: Final = "kggraph.turn"
_NEVER_WAITS: Final = re.compile(r"(?:/[a-z-]+)?/(?:doc|id)/")
"""Addresses that are answered without the query host: their turn is from the first to the last step."""
_TURN_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Document:
    """Something that has one or more representations, each made only when it is needed."""

    path: str
    """Its address: without suffix, and without the prefix of a language."""
    make: Callable[[Representation], bytes]
    offers: tuple[Representation, ...] = (HTML,)
    """What it can be, best first."""
    forced: Representation | None = None
    """The representation that the address itself names: nothing is negotiated."""
    twins: bool = False
    """Whether `path` with a representation's suffix is that representation."""
    language: str = ""
    """Language of its page."""
    prefix: str = ""
    """What stands before `path` in that language: `/en`."""
    query: str = ""
    """The parameters that matter, in canonical order."""
    links: Callable[[], Sequence[Link]] = no_links
    cache_control: str = FRESH
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    """Headers beside or instead of those that every answer has."""
    kept: bool = True
    """Whether the finished bytes may be used again for the same generation."""
    profiled: bool = False
    """Whether `Accept-Profile` has a say in what is sent."""
    located: bool = True
    """Whether Content-Location may say that its address gives the same."""

    def address(self, representation: Representation) -> str:
        """Where one representation is."""
        prefix = self.prefix if representation.name in LOCALISED else ""
        suffix = representation.suffix if self.twins else ""
        return prefix + self.path + suffix + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another address to go to."""

    location: str
    status: int = 303
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """Bytes that arrive bit by bit, as of a query.

    They are taken in until they end, in memory or in a file that has no name, and only then sent: an answer that
    breaks halfway gets its right status instead of looking complete. (Granian 2.8 ends a chunked answer like a whole
    one when its iterator raises, so breaking the connection is not in our hands.)
    """

    media_type: str
    chunks: Iterable[bytes]
    close: Callable[[], None]
    links: Sequence[Link] = ()
    headers: tuple[tuple[str, str], ...] = ()
    key: Key | None = None
    """Under which the finished answer is kept; its first part is the generation's hash."""
    literally: bool = False
    """Whether the same address may be answered from what is kept before any view sees it."""
    timing: Callable[[], str] | None = None
    """`Server-Timing`, asked when all bytes have come."""
    version: str = ""
    """Generation that gave the answer, if that is known."""


Answer: TypeAlias = Document | Redirect | Stream


@dataclass(slots=True)
class Web:
    """What the HTTP layer knows of the application; kept in `app.extensions`."""

    cache: ResponseCache
    version: Callable[[], str]
    """Hash of the generation that is served now: cheap, asked at every request."""
    making: threading.Lock = field(default_factory=threading.Lock)
    """Held while a document is made."""
    short_way: Callable[[WSGIEnvironment], Finished | None] = lambda environ: None
    """Answers plain requests for documents without the web framework, or leaves them to it."""


def install(app: Flask, version: Callable[[], str], cache_mb: int) -> None:
    """Put the HTTP layer around an application."""
    web = Web(ResponseCache(cache_mb * 1024 * 1024), version)
    app.extensions["kggraph.web"] = web
    app.after_request(_everywhere)
    app.wsgi_app = _FromCache(app.wsgi_app, web)  # type: ignore[method-assign]


def answered(view: Callable[P, Answer]) -> Callable[P, Response]:
    """A view whose answer this layer sends."""

    @functools.wraps(view)
    def respond(*args: P.args, **kwargs: P.kwargs) -> Response:
        return deliver(view(*args, **kwargs))

    return respond


def deliver(answer: Answer) -> Response:
    """The response for an answer.

    :raises NotAcceptable: the client accepts none of the document's representations.
    """
    if isinstance(answer, Stream):
        return _streamed(answer)
    return response_of(_redirected(answer) if isinstance(answer, Redirect) else _documented(answer))


def response_of(finished: Finished) -> Response:
    """A Flask response with exactly these headers."""
    status, headers, body = finished.reply(request.headers.get("If-None-Match"))
    if status != 304:
        return WholeResponse(body, status, headers)
    response = Response(body, status, headers)
    del response.headers["Content-Type"]
    return response


def finish(body: bytes, content_type: str, *, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Finished:
    """An answer with its entity tag: the hash of its bytes, so it differs by representation and language."""
    given = {name for name, _ in headers}
    digest = hashlib.blake2b(digest_size=12)
    for start in range(0, len(body), _KEEPS_LOCK):
        digest.update(body[start : start + _KEEPS_LOCK])
    etag = f'"{digest.hexdigest()}"'
    head = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        *headers,
        *((("ETag", etag),) if status == 200 else ()),
        *[pair for pair in EVERYWHERE if pair[0] not in given],
    ]
    return Finished(status, tuple(head), body, etag if status == 200 else "")


def version() -> str:
    """Hash of the generation that is served now."""
    web: Web = current_app.extensions["kggraph.web"]
    return web.version()


def kept_response(key: Key, *, literally: bool) -> Response | None:
    """The answer of a stream that was kept under this key."""
    web: Web = current_app.extensions["kggraph.web"]
    finished = web.cache.get(key)
    if finished is None:
        return None
    if literally:
        web.cache.remember(literal_key(request.environ, key[0]), key)
    return response_of(finished)


# ------------------------------------------------------------------ documents
def _documented(document: Document) -> Finished:
    web: Web = current_app.extensions["kggraph.web"]
    representation = document.forced or negotiate(request.headers.get("Accept"), document.offers)
    if representation is None:
        g.alternates = _alternates(document)
        media_types = tuple(offer.media_type for offer in document.offers)
        raise NotAcceptable(f"This address has only {', '.join(media_types)}.", available=media_types)
    return finished_document(web, document, representation, request.environ)


def finished_document(
    web: Web, document: Document, representation: Representation, environ: WSGIEnvironment
) -> Finished:
    """One representation of a document, kept for who asks again."""
    language = document.language if representation.name in LOCALISED else ""
    named = "=" if document.forced else "~"
    key: Key = (web.version(), document.path, document.query, representation.name, language, named)
    finished = web.cache.get(key) if document.kept else None
    if finished is None:
        with _Turn(web, environ):
            finished = _made(document, representation, language)
        if document.kept:
            web.cache.put(key, finished)
    if document.kept:
        web.cache.remember(literal_key(environ, key[0]), key)
    return finished


class _Turn:
    """Documents are made one after another: threads that make them side by side only fight for the interpreter lock.

    With 16 threads a page cost 0.64 of the time it costs without turns. Who must wait longer than a few pages take
    goes on anyway, so that something slow holds up nobody.
    """

    def __init__(self, web: Web, environ: WSGIEnvironment) -> None:
        self._making, self._environ = web.making, environ
        self._is_first = _TURN not in environ
        self._held = False

    def __enter__(self) -> None:
        if self._is_first:
            self._held = self._making.acquire(timeout=_TURN_S)
            self._environ[_TURN] = self._held

    def __exit__(self, *error: object) -> None:
        if self._is_first:
            del self._environ[_TURN]
            if self._held:
                self._making.release()


def _made(document: Document, representation: Representation, language: str) -> Finished:
    body = document.make(representation)
    links = (*document.links(), *_alternates(document, representation))
    headers = [("Content-Location", ascii_uri(document.address(representation)))] if document.located else []
    headers += [("Cache-Control", document.cache_control)]
    headers += [("Content-Language", language)] if language else []
    headers += [] if document.forced else [VARY_PROFILE if document.profiled else VARY]
    headers += _link_header(links)
    return finish(body, representation.content_type, status=document.status, headers=[*headers, *document.headers])


def _alternates(document: Document, chosen: Representation | None = None) -> list[str]:
    """Links to the other representations."""
    if not document.twins:
        return []
    query = f"?{document.query}" if document.query else ""
    return [alternates(document.path, document.offers, chosen, document.prefix, query)]


def _redirected(redirect: Redirect) -> Finished:
    location = ascii_uri(redirect.location)
    headers = [("Location", location), VARY, ("Cache-Control", FRESH)]
    headers += _link_header(redirect.links)
    return finish(f"See {location}\n".encode(), TEXT.content_type, status=redirect.status, headers=headers)


def _link_header(links: Sequence[object]) -> list[tuple[str, str]]:
    return [("Link", ", ".join(map(str, links)))] if links else []


# ------------------------------------------------------------------ streams
def _streamed(stream: Stream) -> Response:
    headers = [VARY, ("Cache-Control", "public, no-cache"), *stream.headers]
    headers += _link_header(stream.links)
    try:
        response = _taken_in(stream, headers)
    finally:
        stream.close()
    if stream.timing:
        response.headers["Server-Timing"] = stream.timing()
    return response


def _taken_in(stream: Stream, headers: list[tuple[str, str]]) -> Response:
    pieces: list[bytes] = []
    size = 0
    chunks = iter(stream.chunks)
    for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        if size > _HELD_BYTES:
            return _spooled(stream.media_type, headers, itertools.chain(pieces, chunks))
    headers += [KEPT_TIMING] if stream.key else []
    finished = finish(b"".join(pieces), stream.media_type, headers=headers)
    if stream.key:
        web: Web = current_app.extensions["kggraph.web"]
        web.cache.put(stream.key, finished)
        if stream.literally:
            web.cache.remember(literal_key(request.environ, stream.key[0]), stream.key)
    return response_of(finished)


def _spooled(media_type: str, headers: Sequence[tuple[str, str]], chunks: Iterable[bytes]) -> Response:
    """A long answer, through a file that has no name; its entity tag is made as the bytes pass."""
    spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed when it is sent)
    digest = hashlib.blake2b(digest_size=12)
    try:
        for chunk in chunks:
            digest.update(chunk)
            spool.write(chunk)
    except BaseException:
        spool.close()
        raise
    length = spool.tell()
    spool.seek(0)
    etag = f'"{digest.hexdigest()}"'
    if matches(request.headers.get("If-None-Match", ""), etag):
        spool.close()
        return Response(b"", 304, [*headers, ("ETag", etag)])
    head = [("Content-Type", media_type), ("Content-Length", str(length)), *headers, ("ETag", etag)]
    response = Response(_blocks(spool), 200, head)
    response.call_on_close(spool.close)
    return response


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK_BYTES):
            yield block


# ------------------------------------------------------------------ every response
def _everywhere(response: Response) -> Response:
    if not isinstance(response, WholeResponse) and EVERYWHERE[-1][0] not in response.headers:
        for name, value in EVERYWHERE:
            response.headers.setdefault(name, value)
    if request.method == "OPTIONS" and response.status_code == 200:
        say_what_is_allowed(response)
    return response


class _FromCache:
    """Stands before Flask and answers what was asked literally before: 0.04 of 0.3 ms is left of a request."""

    def __init__(self, app: WSGIApplication, web: Web) -> None:
        self._app, self._web = app, web

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method in ("GET", "HEAD"):
            finished = self._web.cache.find(literal_key(environ, self._web.version()))
            if finished is None and _NEVER_WAITS.match(environ.get("PATH_INFO", "")):
                with _Turn(self._web, environ):
                    finished = self._web.short_way(environ)
                    if finished is None:
                        return self._app(environ, start_response)
            if finished is not None:
                status, headers, body = finished.reply(environ.get("HTTP_IF_NONE_MATCH"))
                start_response(status_line(status), headers)
                return [] if method == "HEAD" else [body]
        return self._app(environ, start_response)
