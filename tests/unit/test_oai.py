"""OAI-PMH: the six verbs over the main knowledge base, its errors, tokens, sets and deletions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kggraph.build import open_current
from kggraph.config import Settings
from kggraph.publish.changes import Changes, Published, record
from kggraph.publish.harvest_sets import harvest_sets, published, sets_of_items
from kggraph.publish.oai import PAGE_SIZE, Repository, respond
from kggraph.publish.oai_tokens import Cursor, OaiError, read_cursor, write_cursor
from kggraph.publish.work import WorkReader

NS = {
    "o": "http://www.openarchives.org/OAI/2.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
NOW = "2026-02-02T02:02:02Z"
FIRST = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def repository(main_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """The main knowledge base with its log."""
    generation = open_current(main_settings)
    descriptions, facets, model = generation.descriptions(), generation.facets(), generation.model()
    base = generation.manifest.base_uri
    sets = harvest_sets(model, facets, base, descriptions.labels)
    path = tmp_path_factory.mktemp("log") / "changes.sqlite"
    record(path, generation.hash, published(descriptions, sets_of_items(sets, facets)), FIRST)
    yield Repository(
        base_url=f"{base}oai",
        name="Test",
        kind="item",
        languages=("nl", "en"),
        admin_email="",
        changes=Changes(path),
        get=descriptions.get,
        works=WorkReader(model, base, descriptions.get, descriptions.labels),
        sets=sets,
        prefixes=main_settings.all_prefixes,
    )
    descriptions.close()


@pytest.fixture
def later(repository: Repository, tmp_path: Path) -> Repository:
    """The same after one item was withdrawn and one changed."""
    path = tmp_path / "changes.sqlite"
    shutil.copy(repository.changes._path, path)
    items = list(repository.changes.each_since("item"))

    def things() -> Iterator[Published]:
        for number, change in enumerate(items[1:]):
            found = repository.get(change.iri)
            assert found
            text = found.ntriples + (b'<a:b> <a:c> "more" .\n' if number == 0 else b"")
            yield Published(change.iri, "item", text, False, change.sets)

    record(path, "later", things(), "2026-01-05T00:00:00Z")
    return replace(repository, changes=Changes(path))


def ask(repository: Repository, **arguments: str) -> ET.Element:
    """The answer to a request."""
    pairs = [(name.rstrip("_"), value) for name, value in arguments.items()]
    return ET.fromstring(respond(repository, pairs, NOW))


def error(root: ET.Element) -> str:
    """The code of the error of an answer."""
    found = root.findall("o:error", NS)
    assert len(found) == 1 and found[0].text
    return str(found[0].get("code"))


def harvest(repository: Repository, verb: str = "ListIdentifiers", **arguments: str) -> list[ET.Element]:
    """All headers of a list, followed to its end."""
    headers: list[ET.Element] = []
    root = ask(repository, verb=verb, **{"metadataPrefix": "oai_dc", **arguments})
    while True:
        assert root.find("o:error", NS) is None
        found = root.findall(".//o:header", NS)
        assert 0 < len(found) <= PAGE_SIZE
        headers += found
        token = root.find(".//o:resumptionToken", NS)
        if token is None or not token.text:
            return headers
        root = ask(repository, verb=verb, resumptionToken=token.text)


def identifiers(headers: list[ET.Element]) -> list[str]:
    """The identifiers of headers."""
    return [str(header.findtext("o:identifier", None, NS)) for header in headers]


def test_identify(repository: Repository) -> None:
    root = ask(repository, verb="Identify")
    said = {child.tag.rpartition("}")[2]: child.text for child in root.findall("o:Identify/*", NS)}
    assert said["earliestDatestamp"] == FIRST
    assert (said["deletedRecord"], said["protocolVersion"]) == ("persistent", "2.0")
    assert said["granularity"] == "YYYY-MM-DDThh:mm:ssZ"
    assert said["baseURL"] == root.findtext("o:request", None, NS) == repository.base_url
    assert root.findtext("o:responseDate", None, NS) == NOW
    assert [child.tag.rpartition("}")[2] for child in root] == ["responseDate", "request", "Identify"]


def test_all_items_once_in_parts(repository: Repository) -> None:
    found = identifiers(harvest(repository))
    assert len(found) == len(set(found)) == repository.changes.count("item") > 2 * PAGE_SIZE
    assert found == identifiers(harvest(repository, "ListRecords"))


def test_tokens_say_where_the_list_is(repository: Repository) -> None:
    size = str(repository.changes.count("item"))
    first = ask(repository, verb="ListIdentifiers", metadataPrefix="oai_dc").find(".//o:resumptionToken", NS)
    assert first is not None and first.text
    assert (first.get("cursor"), first.get("completeListSize")) == ("0", size)
    second = ask(repository, verb="ListIdentifiers", resumptionToken=first.text).find(".//o:resumptionToken", NS)
    assert second is not None and second.get("cursor") == str(PAGE_SIZE)


def test_every_set_has_exactly_its_items(repository: Repository) -> None:
    root = ask(repository, verb="ListSets")
    specs = [str(node.findtext("o:setSpec", None, NS)) for node in root.findall(".//o:set", NS)]
    assert len(specs) == len(set(specs))
    assert "type" in specs and "type:onderzoek" in specs and any(spec.startswith("theme:") for spec in specs)
    headers = harvest(repository)
    for spec in ("type", "type:onderzoek", next(one for one in specs if one.startswith("theme:"))):
        expected = {
            header.findtext("o:identifier", None, NS)
            for header in headers
            if any(f"{node.text}:".startswith(f"{spec}:") for node in header.findall("o:setSpec", NS))
        }
        assert set(identifiers(harvest(repository, set=spec))) == expected != set()


def test_dublin_core(repository: Repository) -> None:
    iri = next(one for one in identifiers(harvest(repository)) if one.endswith("/caring-universities"))
    root = ask(repository, verb="GetRecord", identifier=iri, metadataPrefix="oai_dc")
    dc = root.find(".//o:metadata/oai_dc:dc", NS)
    assert dc is not None
    location = dc.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation")
    assert location == f"{NS['oai_dc']} http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
    said = [(node.tag.rpartition("}")[2], node.text) for node in dc]
    assert ("title", "Caring Universities") in said
    assert ("creator", "van Straten, Annemieke") in said
    assert ("identifier", iri) in said
    assert len([1 for name, _ in said if name == "description"]) == 2
    order = ["title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "identifier"]
    assert {name for name, _ in said} <= {*order, "language", "coverage", "rights"}


def test_rdf_is_the_published_graph(repository: Repository) -> None:
    for iri in identifiers(harvest(repository))[:20]:
        root = ask(repository, verb="GetRecord", identifier=iri, metadataPrefix="rdf")
        graph = root.find(".//o:metadata/rdf:RDF", NS)
        assert graph is not None
        found = repository.get(iri)
        assert found
        served = {quad.triple for quad in ox.parse(ET.tostring(graph), ox.RdfFormat.RDF_XML)}
        assert served == {quad.triple for quad in ox.parse(found.ntriples, ox.RdfFormat.N_TRIPLES)}
        assert len(served) > 5


def test_deletions_and_changes_since(later: Repository) -> None:
    headers = harvest(later, from_="2026-01-02")
    assert [header.get("status") for header in headers].count("deleted") == 1
    assert len(headers) == 2
    gone = next(header for header in headers if header.get("status") == "deleted")
    assert gone.findall("o:setSpec", NS)
    iri = str(gone.findtext("o:identifier", None, NS))
    one = ask(later, verb="GetRecord", identifier=iri, metadataPrefix="oai_dc")
    assert one.find(".//o:header[@status='deleted']", NS) is not None
    assert one.find(".//o:metadata", NS) is None
    assert error(ask(later, verb="ListRecords", metadataPrefix="oai_dc", from_="2026-01-06")) == "noRecordsMatch"


def test_a_deletion_is_told_to_who_harvests_a_set(later: Repository) -> None:
    gone = next(h for h in harvest(later, from_="2026-01-02") if h.get("status") == "deleted")
    spec = str(gone.findtext("o:setSpec", None, NS))
    assert gone.findtext("o:identifier", None, NS) in identifiers(harvest(later, set=spec, from_="2026-01-02"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "badVerb"),
        ([("verb", "Nonsense")], "badVerb"),
        ([("verb", "Identify"), ("verb", "Identify")], "badVerb"),
        ([("verb", "Identify"), ("x", "1")], "badArgument"),
        ([("verb", "ListRecords")], "badArgument"),
        ([("verb", "ListRecords"), ("metadataPrefix", "")], "badArgument"),
        ([("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("metadataPrefix", "rdf")], "badArgument"),
        ([("verb", "ListRecords"), ("metadataPrefix", "marc")], "cannotDisseminateFormat"),
        ([("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("from", "yesterday")], "badArgument"),
        ([("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("from", "2026-13-01")], "badArgument"),
        ([("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("from", "")], "badArgument"),
        (
            [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("from", "2026-01-02"), ("until", "2026-01-01")],
            "badArgument",
        ),
        (
            [("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("from", "2026-01-01"), ("until", FIRST)],
            "badArgument",
        ),
        ([("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("until", "2000-01-01")], "noRecordsMatch"),
        ([("verb", "ListRecords"), ("metadataPrefix", "oai_dc"), ("set", "no:such")], "noRecordsMatch"),
        ([("verb", "ListRecords"), ("resumptionToken", "x" * 1_000_000)], "badResumptionToken"),
        ([("verb", "ListRecords"), ("resumptionToken", "é\x00")], "badResumptionToken"),
        ([("verb", "ListRecords"), ("resumptionToken", "x"), ("metadataPrefix", "oai_dc")], "badArgument"),
        ([("verb", "ListSets"), ("resumptionToken", "x")], "badResumptionToken"),
        ([("verb", "GetRecord"), ("metadataPrefix", "oai_dc")], "badArgument"),
        ([("verb", "GetRecord"), ("metadataPrefix", "oai_dc"), ("identifier", "no\x07")], "idDoesNotExist"),
        ([("verb", "ListMetadataFormats"), ("identifier", "no")], "idDoesNotExist"),
    ],
)
def test_errors_of_the_protocol(repository: Repository, arguments: list[tuple[str, str]], code: str) -> None:
    root = ET.fromstring(respond(repository, arguments, NOW))
    assert error(root) == code
    request = root.find("o:request", NS)
    assert request is not None
    if code in ("badVerb", "badArgument"):
        assert not request.attrib


def test_without_sets(repository: Repository) -> None:
    none = replace(repository, sets=())
    assert error(ask(none, verb="ListSets")) == "noSetHierarchy"
    assert error(ask(none, verb="ListRecords", metadataPrefix="oai_dc", set="type")) == "noSetHierarchy"


@given(st.text(max_size=40), st.text(max_size=40), st.integers(1, 10**6), st.integers(0, 10**6))
def test_a_token_is_read_as_it_was_written(text: str, iri: str, place: int, size: int) -> None:
    cursor = Cursor("oai_dc", text, text, iri, (text, iri), place, size)
    assert read_cursor(write_cursor(cursor)) == cursor


@given(st.text(max_size=200))
def test_no_token_breaks_anything(text: str) -> None:
    with pytest.raises(OaiError):
        read_cursor(text)
