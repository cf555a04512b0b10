"""OAI-PMH 2.0: the six verbs over the publication log, as bytes.

http://www.openarchives.org/OAI/2.0/openarchivesprotocol.htm. Times are those of the publication log, so what was taken
away is told as deleted for ever (`deletedRecord` is persistent). A resumption token holds all that is needed to go on:
nothing is kept between requests, and a token stays good when another generation is put in place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from xml.etree import ElementTree as ET

from kggraph.errors import KgError
from kggraph.publish import oai_records as records
from kggraph.publish import xmltext
from kggraph.publish.changes import Change, Changes
from kggraph.publish.descriptions import Description
from kggraph.publish.harvest_sets import HarvestSet, in_set
from kggraph.publish.labels import pick
from kggraph.publish.oai_records import OAI, add
from kggraph.publish.oai_tokens import Cursor, OaiError, read_cursor, write_cursor
from kggraph.publish.work import WorkReader

PAGE_SIZE: Final = 100
NO_ADMIN: Final = "not-given@example.invalid"
"""The protocol requires an address; this one says that there is none (RFC 2606)."""

_DAY: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\Z")
_SECOND: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ\Z")
_LIST: Final = frozenset(("from", "until", "set", "metadataPrefix", "resumptionToken"))
_ARGUMENTS: Final[Mapping[str, frozenset[str]]] = {
    "Identify": frozenset(),
    "ListMetadataFormats": frozenset(("identifier",)),
    "ListSets": frozenset(("resumptionToken",)),
    "ListIdentifiers": _LIST,
    "ListRecords": _LIST,
    "GetRecord": frozenset(("identifier", "metadataPrefix")),
}


@dataclass(frozen=True)
class Repository:
    """What a provider answers from."""

    base_url: str
    """Address of the provider."""
    name: str
    kind: str
    """The kind of things that are harvested."""
    languages: tuple[str, ...]
    admin_email: str
    changes: Changes
    get: Callable[[str], Description | None]
    works: WorkReader
    sets: Sequence[HarvestSet]
    prefixes: Mapping[str, str]

    @cached_property
    def specs(self) -> frozenset[str]:
        """Names of all sets."""
        return frozenset(one.spec for one in self.sets)


def respond(repository: Repository, arguments: Sequence[tuple[str, str]], now: str) -> bytes:
    """The answer to a request, also to a wrong one: the protocol has its own errors, with status 200.

    :param arguments: names and values as they came, repeated ones too.
    :param now: UTC, xsd:dateTime in seconds.
    """
    root = ET.Element(f"{{{OAI}}}OAI-PMH")
    add(root, "responseDate", now)
    request = add(root, "request", repository.base_url)
    try:
        given = _checked(arguments)
        body = _VERBS[given["verb"]](repository, given)
        for name, value in given.items():
            request.set(name, xmltext.clean(value))
        root.append(body)
    except OaiError as error:
        if error.code not in ("badVerb", "badArgument"):
            for name, value in arguments:
                request.set(name, xmltext.clean(value))
        xmltext.add(root, f"{{{OAI}}}error", error.message, code=error.code)
    return records.write(root)


def _checked(arguments: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The arguments, each once, and only those that the verb has."""
    given: dict[str, str] = {}
    verbs = [value for name, value in arguments if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in _ARGUMENTS:
        raise OaiError("badVerb", f"Give one verb: {', '.join(_ARGUMENTS)}.")
    allowed = _ARGUMENTS[verbs[0]] | {"verb"}
    for name, value in arguments:
        if name not in allowed:
            raise OaiError("badArgument", f"{verbs[0]} has no argument {name[:60]!r}.")
        if name in given:
            raise OaiError("badArgument", f"{name} is given twice.")
        given[name] = value
    if "resumptionToken" in given and len(given) > 2:
        raise OaiError("badArgument", "A resumptionToken goes without other arguments.")
    return given


# ------------------------------------------------------------------ verbs
def _identify(repository: Repository, given: Mapping[str, str]) -> ET.Element:
    body = ET.Element(f"{{{OAI}}}Identify")
    add(body, "repositoryName", repository.name)
    add(body, "baseURL", repository.base_url)
    add(body, "protocolVersion", "2.0")
    add(body, "adminEmail", repository.admin_email or NO_ADMIN)
    add(body, "earliestDatestamp", repository.changes.earliest(repository.kind) or "1970-01-01T00:00:00Z")
    add(body, "deletedRecord", "persistent")
    add(body, "granularity", "YYYY-MM-DDThh:mm:ssZ")
    return body


def _formats(repository: Repository, given: Mapping[str, str]) -> ET.Element:
    if "identifier" in given:
        _known(repository, given["identifier"])
    body = ET.Element(f"{{{OAI}}}ListMetadataFormats")
    for prefix, format in records.FORMATS.items():
        entry = add(body, "metadataFormat")
        add(entry, "metadataPrefix", prefix)
        add(entry, "schema", format.schema)
        add(entry, "metadataNamespace", format.namespace)
    return body


def _sets(repository: Repository, given: Mapping[str, str]) -> ET.Element:
    if "resumptionToken" in given:
        raise OaiError("badResumptionToken", "The list of sets has one part only.")
    if not repository.sets:
        raise OaiError("noSetHierarchy", "This repository has no sets.")
    body = ET.Element(f"{{{OAI}}}ListSets")
    for one in repository.sets:
        entry = add(body, "set")
        add(entry, "setSpec", one.spec)
        add(entry, "setName", pick(one.labels, repository.languages[0]).text)
    return body


def _record(repository: Repository, given: Mapping[str, str]) -> ET.Element:
    for name in ("identifier", "metadataPrefix"):
        if not given.get(name):
            raise OaiError("badArgument", f"GetRecord needs {name}.")
    change = _known(repository, given["identifier"])
    _format(given["metadataPrefix"])
    body = ET.Element(f"{{{OAI}}}GetRecord")
    _put(repository, body, [change], given["metadataPrefix"], strict=True)
    return body


def _identifiers(repository: Repository, given: Mapping[str, str]) -> ET.Element:
    body = ET.Element(f"{{{OAI}}}ListIdentifiers")
    cursor, page, following = _page(repository, given)
    for change in page:
        records.header(body, change)
    _token(body, cursor, page, following)
    return body


def _records(repository: Repository, given: Mapping[str, str]) -> ET.Element:
    body = ET.Element(f"{{{OAI}}}ListRecords")
    cursor, page, following = _page(repository, given)
    _put(repository, body, page, cursor.prefix, strict=False)
    _token(body, cursor, page, following)
    return body


_VERBS: Final[Mapping[str, Callable[[Repository, Mapping[str, str]], ET.Element]]] = {
    "Identify": _identify,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "GetRecord": _record,
    "ListIdentifiers": _identifiers,
    "ListRecords": _records,
}


# ------------------------------------------------------------------ parts of lists
def _page(repository: Repository, given: Mapping[str, str]) -> tuple[Cursor, list[Change], bool]:
    """Where the list stands, its changes from there, and whether there are more."""
    if "resumptionToken" in given:
        cursor = read_cursor(given["resumptionToken"])
        if cursor.prefix not in records.FORMATS or (cursor.set and cursor.set not in repository.specs):
            raise OaiError("badResumptionToken", "This resumptionToken is of another list; begin anew.")
    else:
        cursor = _begin(repository, given)
    found: list[Change] = []
    for change in repository.changes.each_since(
        repository.kind, start=cursor.start, end=cursor.end, after=cursor.after
    ):
        if not cursor.set or in_set(cursor.set, change.sets):
            found.append(change)
        if len(found) > PAGE_SIZE:
            break
    if not found:
        if cursor.place:
            raise OaiError("badResumptionToken", "There is nothing after this resumptionToken any more.")
        raise OaiError("noRecordsMatch", "Nothing changed in that time in that set.")
    return cursor, found[:PAGE_SIZE], len(found) > PAGE_SIZE


def _begin(repository: Repository, given: Mapping[str, str]) -> Cursor:
    prefix = given.get("metadataPrefix", "")
    if not prefix:
        raise OaiError("badArgument", "Lists need a metadataPrefix.")
    _format(prefix)
    start, end = given.get("from", ""), given.get("until", "")
    for name in ("from", "until"):
        if name in given and not (_DAY.match(given[name]) or _SECOND.match(given[name])):
            raise OaiError("badArgument", f"{name} is no time of the form YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ.")
    if start and end and len(start) != len(end):
        raise OaiError("badArgument", "from and until are of different granularity.")
    if start and end and start > end:
        raise OaiError("badArgument", "from is later than until.")
    chosen = given.get("set", "")
    if "set" in given and not repository.sets:
        raise OaiError("noSetHierarchy", "This repository has no sets.")
    if "set" in given and chosen not in repository.specs:
        raise OaiError("noRecordsMatch", "There is no such set.")
    begin = f"{start}T00:00:00Z" if _DAY.match(start) else start
    until = f"{end}T23:59:59Z" if _DAY.match(end) else end
    size = 0 if chosen else repository.changes.count(repository.kind, start=begin, end=until)
    return Cursor(prefix, begin, until, chosen, ("", ""), 0, size)


def _token(body: ET.Element, cursor: Cursor, page: Sequence[Change], following: bool) -> None:
    """The token to go on with; an empty one ends a list that had more than one part."""
    if not following and not cursor.place:
        return
    last = page[-1]
    text = write_cursor(cursor.moved((last.at, last.iri), len(page))) if following else ""
    size = str(cursor.size) if cursor.size else ""
    add(body, "resumptionToken", text, cursor=str(cursor.place), completeListSize=size)


def _put(repository: Repository, body: ET.Element, changes: Sequence[Change], prefix: str, *, strict: bool) -> None:
    """Records for these changes; those of things that are gone have a header only."""
    there = [change for change in changes if not change.is_gone]
    descriptions = [found for change in there if (found := repository.get(change.iri))]
    works = dict(zip((d.iri for d in descriptions), repository.works.read_all(descriptions), strict=True))
    by_iri = {description.iri: description for description in descriptions}
    for change in changes:
        description = by_iri.get(change.iri)
        if description is None and not change.is_gone:
            if strict:
                raise OaiError("idDoesNotExist", "This was taken away just now.")
            continue  # it comes as deleted, with a later time
        record = add(body, "record")
        records.header(record, change)
        if description is None:
            continue
        try:
            records.metadata(record, prefix, works[change.iri], description, repository.languages, repository.prefixes)
        except KgError as error:
            if strict:
                raise OaiError("cannotDisseminateFormat", error.message) from None
            body.remove(record)


def _known(repository: Repository, identifier: str) -> Change:
    change = repository.changes.get(identifier)
    if change is None or change.kind != repository.kind:
        raise OaiError("idDoesNotExist", "Nothing here has that identifier.")
    return change


def _format(prefix: str) -> None:
    if prefix not in records.FORMATS:
        raise OaiError("cannotDisseminateFormat", f"The formats are {', '.join(records.FORMATS)}.")
