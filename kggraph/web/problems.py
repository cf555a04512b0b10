"""Every error as an answer: RFC 9457 for machines, a page for browsers, plain text for who asks for it."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.exceptions import MethodNotAllowed as WerkzeugMethodNotAllowed

from kggraph.errors import (
    Busy,
    KgError,
    MethodNotAllowed,
    NotAcceptable,
    RequestTooLarge,
    ThingNotFound,
)
from kggraph.rdf.media import HTML, Representation, negotiate
from kggraph.web.http import NO_STORE, TEXT, VARY, finish, response_of
from kggraph.web.render import here, html
from kggraph.web.sentences import in_language
from kggraph.web.texts import Texts, texts

log = logging.getLogger("kggraph.web")

PROBLEM: Final = Representation(
    "problem", ".json", "application/problem+json", "Problem", ("application/json", "application/sparql-results+json")
)
OFFERS: Final = (PROBLEM, HTML, TEXT)
TYPE_BASE: Final = "https://w3id.org/kggraph/problems#"

_KNOWN: Final[Mapping[int, type[KgError]]] = {404: ThingNotFound, 405: MethodNotAllowed, 413: RequestTooLarge}
_RETRY_AFTER_S: Final = 5
_PLAIN: Final = ("not-found", "internal")
"""Problems of which a page says in its own words all there is to say."""
_LONGEST_PATH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is told to a client."""

    status: int
    code: str
    title: str
    detail: str
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()

    def members(self, instance: str) -> dict[str, Any]:
        """The members of the problem document (RFC 9457, section 3)."""
        told = {"type": TYPE_BASE + self.code, "title": self.title, "status": self.status, "detail": self.detail}
        return {**told, "instance": instance, "code": self.code, **self.details}


def install(app: Flask) -> None:
    """Let every error of an application be answered here."""
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> Response:
    """The response for an error, whatever it is."""
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
        error = error.original_exception
    problem = problem_of(error)
    language = g.get("problem_language", "en")
    if language != "en":
        problem = _in_language(problem, texts(language))
    representation = negotiate(request.headers.get("Accept"), OFFERS) or PROBLEM
    body, representation = _body(problem, error, representation)
    language = here().language if representation is HTML else language
    headers = [VARY, ("Cache-Control", NO_STORE), ("Content-Language", language), *problem.headers]
    alternates: list[str] = g.get("alternates", [])
    headers += [("Link", ", ".join(alternates))] if alternates else []
    return response_of(finish(body, representation.content_type, status=problem.status, headers=headers))


def _body(problem: Problem, error: Exception, wanted: Representation) -> tuple[bytes, Representation]:
    if wanted is HTML:
        try:
            return _page(problem, error), HTML
        except Exception:  # the frame of the page may be what is broken
            log.exception("The page of a problem cannot be made")
            wanted = TEXT
    if wanted is TEXT:
        return f"{problem.status} {problem.title}\n\n{problem.detail}\n".encode("utf-8", "replace"), TEXT
    return json.dumps(problem.members(request.path[:_LONGEST_PATH]), ensure_ascii=False).encode(
        "utf-8", "replace"
    ), PROBLEM


def problem_of(error: Exception) -> Problem:
    """What a client is told of an error: nothing of our insides."""
    if isinstance(error, KgError):
        details = {**error.details, **g.get("problem_help", {})}
        return Problem(error.status, error.code, error.title, error.message, details, _headers(error))
    if isinstance(error, HTTPException) and error.code:
        return _problem_of_werkzeug(error)
    incident = secrets.token_hex(6)
    log.error("Incident %s at %s %r", incident, request.method, request.path, exc_info=error)
    detail = f"Something went wrong on our side. Name incident {incident} when you report it."
    return Problem(500, KgError.code, KgError.title, detail, {"incident": incident})


def _problem_of_werkzeug(error: HTTPException) -> Problem:
    status = error.code or 500
    known = _KNOWN.get(status)
    headers: tuple[tuple[str, str], ...] = ()
    detail = error.description or error.name
    if isinstance(error, WerkzeugMethodNotAllowed):
        allowed = ", ".join(sorted({*(error.valid_methods or ()), "OPTIONS"}))
        headers = (("Allow", allowed),)
        detail = f"This address has no method {request.method}; it has {allowed}."
    elif status == 404:
        detail = "There is nothing at this address."
    if known:
        return Problem(status, known.code, known.title, detail, headers=headers)
    return Problem(status, "bad-request" if status < 500 else KgError.code, error.name, detail, headers=headers)


def _headers(error: KgError) -> tuple[tuple[str, str], ...]:
    if isinstance(error, Busy):
        return (("Retry-After", str(error.retry_after_s)),)
    return (("Retry-After", str(_RETRY_AFTER_S)),) if error.status == 503 else ()


def _page(problem: Problem, error: Exception) -> bytes:
    place = here()
    # Words for just this problem say it all; those for its whole kind leave the matter itself to be told.
    is_told = _key(place.t, "text", problem) not in ("", f"problem.{problem.code}.text")
    context = {
        "problem": problem,
        "detail": None if is_told or problem.code in _PLAIN else in_language(problem.detail, place.language),
        "title": _words(place.t, "title", problem) or problem.title,
        "advice": _words(place.t, "text", problem),
        "incident": problem.details.get("incident", ""),
        "available": error.available if isinstance(error, NotAcceptable) else (),
    }
    # The page links to itself in each language, which a path of a megabyte is not worth.
    path = place.path if len(place.path) <= _LONGEST_PATH else "/"
    return html("problem.html", place, path, "", context)


def _in_language(problem: Problem, t: Texts) -> Problem:
    """A problem that a script of ours shows in its page: in the words of that page."""
    told = dict(problem.details)
    if "hint" in told:
        told["hint"] = [in_language(hint, t.language).text for hint in told["hint"]]
    title = _words(t, "title", problem) or problem.title
    return replace(problem, title=title, detail=in_language(problem.detail, t.language).text, details=told)


def _words(t: Texts, part: str, problem: Problem) -> str:
    """Our words for a problem in the language of the page: for this parameter, else for this kind of problem."""
    key = _key(t, part, problem)
    return t(key).format_map(_Forgiving(problem.details)) if key else ""


def _key(t: Texts, part: str, problem: Problem) -> str:
    said = [f".{problem.details[name]}" for name in ("reason", "parameter") if name in problem.details]
    return next((key for one in (*said, "") if t.has(key := f"problem.{problem.code}{one}.{part}")), "")


class _Forgiving(dict[str, Any]):
    """Fills what is not known with nothing: an error page must never fail itself."""

    def __missing__(self, key: str) -> str:
        return ""
