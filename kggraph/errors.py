"""Every error the platform raises: what was found, where, and what would be right.

An error class *is* its HTTP status, its stable `code` and its exit code; details are typed attributes. Errors are
raised where the fact is known and caught once: by `web/problems.py` for HTTP (RFC 9457) and by `cli.main` for the
shell. A SHACL violation is a result, not an error. Messages never show a server path, another person's query or a
traceback.
"""

from __future__ import annotations

from typing import ClassVar


class KgError(Exception):
    """Base of every error; `str(error)` is one clear sentence in English."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, /) -> None:
        super().__init__(message)
        self.message = message

    @property
    def details(self) -> dict[str, str | int | list[str]]:
        """Members that a problem document carries beside type, title, status and detail."""
        return {}


# ------------------------------------------------------------------ sources, build and configuration (shell)
class SourceError(KgError):
    """A source file cannot be read as RDF; prints as `path:line:column: message`."""

    code, title = "source-error", "A source file cannot be read"

    def __init__(self, message: str, /, *, path: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.path, self.line, self.column = path, line, column

    @property
    def place(self) -> str:
        """Path, line and column, as far as they are known."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class ShapesError(KgError):
    """The shapes graph cannot be used: broken, recursive, or importing something that is not here."""

    code, title, exit_code = "shapes-error", "The shapes cannot be used", 2


class ConfigError(KgError):
    """A setting, folder or port is wrong; `key` names the setting where there is one."""

    code, title, exit_code = "config-error", "The configuration is wrong", 2

    def __init__(self, message: str, /, *, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


class NonconformingData(KgError):
    """The data do not conform to the shapes, so nothing is published; `lines` say where, one result each."""

    code, title = "nonconforming-data", "The data do not conform to the shapes"

    def __init__(self, message: str, /, *, violations: int, lines: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.violations, self.lines = violations, lines

    def __str__(self) -> str:
        return "\n".join((*self.lines, self.message))


class ImportRefused(KgError):
    """Records to import are wrong, so nothing was written; `problems` has one sentence for each."""

    code, title = "import-refused", "Nothing was imported"

    def __init__(self, message: str, /, *, problems: tuple[str, ...]) -> None:
        super().__init__(message)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join((*self.problems, self.message))


class GenerationError(KgError):
    """A generation is missing, incomplete or damaged."""

    status, code, title = 503, "generation-error", "The knowledge base is not ready"


class PullError(KgError):
    """A generation cannot be fetched from where it should be; what is served stays."""

    code, title = "pull-error", "The generation cannot be fetched"


class BackupError(KgError):
    """A back-up cannot be made or restored; nothing was replaced."""

    code, title = "backup-error", "The back-up is not right"


# ------------------------------------------------------------------ requests
class BadParameter(KgError):
    """A request parameter has a value that is not allowed; `parameter` names it.

    `reason` is a word for what is wrong with it, where one parameter can be wrong in several ways; `found` is the
    value, shortened.
    """

    status, code, title, exit_code = 400, "bad-parameter", "A parameter is not right", 2

    def __init__(self, message: str, /, *, parameter: str, reason: str = "", found: str = "") -> None:
        super().__init__(message)
        self.parameter, self.reason, self.found = parameter, reason, found

    @property
    def details(self) -> dict[str, str | int | list[str]]:
        told = {"parameter": self.parameter, "reason": self.reason, "found": self.found}
        return {name: value for name, value in told.items() if value}


class ThingNotFound(KgError):
    """Nothing in this knowledge base has that address."""

    status, code, title = 404, "not-found", "Not found"


class ThingGone(KgError):
    """The thing was withdrawn; its address is never given to another."""

    status, code, title = 410, "gone", "Withdrawn"


class MethodNotAllowed(KgError):
    """The address exists but not with this method."""

    status, code, title = 405, "method-not-allowed", "Method not allowed"


class NotAcceptable(KgError):
    """None of the media types asked for exists; `available` lists those that do."""

    status, code, title = 406, "not-acceptable", "Not available in that format"

    def __init__(self, message: str, /, *, available: tuple[str, ...]) -> None:
        super().__init__(message)
        self.available = available

    @property
    def details(self) -> dict[str, str | int | list[str]]:
        return {"available": list(self.available)}


class UnsupportedMediaType(KgError):
    """The request's body has a media type that this address does not read."""

    status, code, title = 415, "unsupported-media-type", "Unsupported media type"


class RequestTooLarge(KgError):
    """The request's body or address is larger than is read."""

    status, code, title = 413, "request-too-large", "Request too large"


class UnreadableData(KgError):
    """Data that were sent to be validated cannot be read; `problems` has a sentence for each line that is wrong."""

    status, code, title = 422, "unreadable-data", "The data cannot be read"

    def __init__(
        self, message: str, /, *, line: int | None = None, column: int | None = None, problems: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.line, self.column, self.problems = line, column, problems

    @property
    def details(self) -> dict[str, str | int | list[str]]:
        members = (("line", self.line), ("column", self.column), ("problems", list(self.problems)))
        return {name: value for name, value in members if value}


# ------------------------------------------------------------------ queries
class QuerySyntaxError(KgError):
    """The query is not SPARQL 1.1; `line` and `column` count from 1, `expected` is what may stand there."""

    status, code, title = 400, "query-syntax", "The query has a syntax error"

    def __init__(
        self,
        message: str,
        /,
        *,
        line: int | None = None,
        column: int | None = None,
        expected: tuple[str, ...] = (),
        excerpt: str = "",
    ) -> None:
        super().__init__(message)
        self.line, self.column, self.expected, self.excerpt = line, column, expected, excerpt

    @property
    def details(self) -> dict[str, str | int | list[str]]:
        members = (
            ("line", self.line),
            ("column", self.column),
            ("expected", list(self.expected)),
            ("excerpt", self.excerpt),
        )
        return {name: value for name, value in members if value}


class QueryRefused(KgError):
    """The query asks for what a public endpoint does not do; `what` is the part that was refused."""

    status, code, title = 403, "query-refused", "The query is refused"

    def __init__(self, message: str, /, *, what: str) -> None:
        super().__init__(message)
        self.what = what

    @property
    def details(self) -> dict[str, str | int | list[str]]:
        return {"what": self.what}


class LimitExceeded(KgError):
    """A query met a limit; `limit` is the setting's name and `allowed` its value in the unit of that name."""

    limit: ClassVar[str] = ""

    def __init__(self, message: str, /, *, allowed: int | float) -> None:
        super().__init__(message)
        self.allowed = allowed

    @property
    def details(self) -> dict[str, str | int | list[str]]:
        return {"limit": self.limit, "allowed": str(self.allowed)}


class QueryTimeout(LimitExceeded):
    """The query ran longer than allowed and was stopped."""

    status, code, title, limit = 503, "query-timeout", "The query took too long", "query_timeout_s"


class QueryOutOfMemory(LimitExceeded):
    """The query needed more memory than allowed and was stopped."""

    status, code, title, limit = 503, "query-memory", "The query needed too much memory", "query_memory_mb"


class ValidationTimeout(LimitExceeded):
    """Data that were sent took longer to validate, or more memory, than allowed."""

    status, code, title, limit = 503, "validation-timeout", "The validation took too long", "validate_timeout_s"


class ResultTooLarge(LimitExceeded):
    """The result is larger than allowed."""

    status, code, title, limit = 413, "result-too-large", "The result is too large", "max_result_mb"


class TooManySolutions(LimitExceeded):
    """The result has more solutions than allowed, and cannot be given in parts by a link."""

    status, code, title, limit = 413, "too-many-solutions", "The result has too many solutions", "max_solutions"


class QueryHostUnavailable(KgError):
    """The process that answers queries cannot be reached just now."""

    status, code, title = 503, "query-host-unavailable", "Queries are not answered just now"


class ServiceFailed(KgError):
    """Another server, which a query names in SERVICE, did not answer as it should; `service` is its IRI."""

    status, code, title = 502, "service-failed", "Another server did not answer"

    def __init__(self, message: str, /, *, service: str) -> None:
        super().__init__(message)
        self.service = service

    @property
    def details(self) -> dict[str, str | int | list[str]]:
        return {"service": self.service}


class EngineUnavailable(KgError):
    """The SPARQL engine elsewhere, which holds the data, does not answer as it should."""

    status, code, title = 503, "engine-unavailable", "The query engine does not answer"


class EngineError(KgError):
    """The SPARQL engine elsewhere says that it cannot do what was asked."""

    status, code, title = 502, "engine-error", "The query engine cannot do this"


class Busy(KgError):
    """There is no room for a query just now; `retry_after_s` says when to come back."""

    def __init__(self, message: str, /, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooBusy(Busy):
    """Every query slot is taken; `retry_after_s` says when to come back."""

    status, code, title = 503, "too-busy", "Too busy"


class TooManyRequests(Busy):
    """One client has its share of the queue waiting; `retry_after_s` says when to come back."""

    status, code, title = 429, "too-many-requests", "Too many requests"


class RateLimited(Busy):
    """One client has asked more of one kind than it may in that time; `retry_after_s` says when to come back."""

    status, code, title = 429, "rate-limited", "Too many requests in a short time"

    def __init__(self, message: str, /, *, retry_after_s: int, kind: str) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.kind = kind

    @property
    def details(self) -> dict[str, str | int | list[str]]:
        return {"kind": self.kind, "retry_after_s": self.retry_after_s}
