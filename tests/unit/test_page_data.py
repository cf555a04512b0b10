"""What pages say to machines: JSON-LD by type, Highwire, Dublin Core, Open Graph, and the links around a document."""

from __future__ import annotations

import json
import re

import pyoxigraph as ox
import pytest

from kggraph.publish import linkset, page_meta
from kggraph.publish.jsonld_page import script
from kggraph.publish.schemaorg import breadcrumbs, document, schema_types, work_jsonld
from kggraph.publish.work import Value
from tests.works import hostile, name, work

SCHEMA = "https://schema.org/"
SLEEP = Value("https://e.org/id/topic/sleep", {"nl": "Slaap", "en": "Sleep"})


def types(*names: str) -> tuple[str, ...]:
    """Classes of schema.org."""
    return tuple(SCHEMA + one for one in names)


@pytest.mark.parametrize(
    ("classes", "doi", "expected"),
    [
        (("Report", "ScholarlyArticle", "CreativeWork"), "", ("Report",)),
        (("Report", "ScholarlyArticle", "CreativeWork"), "10.1/x", ("ScholarlyArticle",)),
        (("HowTo", "LearningResource", "CreativeWork"), "", ("HowTo", "LearningResource")),
        (("Event", "CreativeWork"), "", ("CreativeWork",)),
        (("Organization",), "", ("Organization",)),
        ((), "", ("Thing",)),
    ],
)
def test_class_of_schema_org(classes: tuple[str, ...], doi: str, expected: tuple[str, ...]) -> None:
    assert schema_types(work(types=types(*classes), doi=doi)) == expected


def test_json_ld_is_the_graph_it_should_be() -> None:
    one = work(types=types("Report", "CreativeWork"), subjects=(SLEEP,), issued="2023-05-09", doi="")
    parsed = list(ox.parse(script(document([work_jsonld(one, lang="nl")])).encode(), ox.RdfFormat.JSON_LD))
    triples = {(q.subject.value, q.predicate.value.removeprefix(SCHEMA), str(q.object)) for q in parsed}
    iri = one.iri
    assert (iri, "name", '"A title"@en') in triples
    assert (iri, "headline", '"A title"@en') in triples
    assert (iri, "description", '"Tekst."@nl') in triples
    assert (iri, "url", "<https://e.org/w>") in triples
    assert (iri, "datePublished", '"2023-05-09"^^<https://schema.org/Date>') in triples
    assert (iri, "about", "<https://e.org/id/topic/sleep>") in triples
    assert ("https://e.org/id/topic/sleep", "name", '"Slaap"@nl') in triples
    assert any(predicate == "familyName" and value == '"Lovelace"' for _, predicate, value in triples)


def test_a_doi_is_an_identifier_and_an_address() -> None:
    made = work_jsonld(
        work(types=types("Book", "CreativeWork"), doi="10.1/x", identifiers=("10.1/x", "isbn")), lang="en"
    )
    assert made["sameAs"] == "https://doi.org/10.1/x"
    assert [one["value"] if isinstance(one, dict) else one for one in made["identifier"]] == ["10.1/x", "isbn"]


def test_breadcrumbs_count_from_the_top() -> None:
    made = breadcrumbs([("Home", "https://e.org/"), ("Items", "https://e.org/items")])
    assert [(step["position"], step["name"]) for step in made["itemListElement"]] == [(1, "Home"), (2, "Items")]


def test_highwire_says_what_zotero_reads() -> None:
    one = work(types=types("Report"), issued="2023-05", doi="10.1/x", subjects=(SLEEP,))
    said = [(meta.name, meta.content) for meta in page_meta.highwire(one, "en")]
    assert said == [
        ("citation_title", "A title"),
        ("citation_author", "Lovelace, Ada"),
        ("citation_publication_date", "2023/05"),
        ("citation_technical_report_institution", "Institute"),
        ("citation_doi", "10.1/x"),
        ("citation_language", "en"),
        ("citation_keywords", "Sleep"),
        ("citation_abstract", "Text."),
        ("citation_abstract_html_url", "https://e.org/doc/item/w"),
        ("citation_public_url", "https://e.org/w"),
    ]


def test_dublin_core_has_only_what_is_known() -> None:
    said = {meta.name for meta in page_meta.dublin_core(work(authors=(), publishers=()), "nl")}
    assert said == {"DC.title", "DC.description", "DC.identifier", "DC.language"}


def test_dublin_core_in_two_languages() -> None:
    elements = page_meta.dublin_core_elements(work(subjects=(SLEEP,), contributors=(name("Else"),)), ("nl", "en"))
    assert ("subject", "Slaap", "nl") in elements and ("subject", "Sleep", "en") in elements
    assert ("contributor", "Else", "") in elements
    assert len(elements) == len(set(elements))


def test_open_graph_is_short() -> None:
    made = page_meta.open_graph(
        "T", "word " * 100, "https://e.org/", site="S", lang="nl", languages=("nl", "en"), is_article=True
    )
    said = {meta.name: meta.content for meta in made}
    assert len(said["og:description"]) <= 200 and said["og:description"].endswith("word …")
    assert (said["og:locale"], said["og:locale:alternate"]) == ("nl_NL", "en_GB")
    assert len(page_meta.shortened("x" * 400)) <= 200


# ------------------------------------------------------------------ Signposting
def parse_link_text(text: str) -> set[tuple[str, str, str, str]]:
    """Anchor, relation, target and type of each link in the text format, read strictly."""
    found = set()
    for line in text.rstrip("\n").split(",\n"):
        parts = re.fullmatch(r'<([^<>\s"]+)>((?:; [a-z]+="[^"<>\s]*")+)', line)
        assert parts, line
        attributes = dict(re.findall(r'; ([a-z]+)="([^"]*)"', parts[2]))
        found.add((attributes["anchor"], attributes["rel"], parts[1], attributes.get("type", "")))
    return found


def around(**changes: object) -> list[linkset.TypedLink]:
    """The links of a document."""
    one = work(types=types("Report"), **changes)
    return linkset.links_of_document(
        one,
        linkset="https://e.org/linkset/item/w",
        collection="https://e.org/dataset",
        license="https://l/",
        cited=True,
    )


def test_level_one_has_every_relation() -> None:
    links = around(authors=(name("No IRI"), name("N")))
    assert {link.rel for link in links} == {
        *("cite-as", "describedby", "type", "item", "license", "collection", "linkset"),
    }
    assert [link.href for link in links if link.rel == "cite-as"] == ["https://e.org/id/item/w"]
    assert {link.type for link in links if link.rel == "describedby"} >= {"text/turtle", "application/x-bibtex"}
    assert [link.href for link in links if link.rel == "type"] == [f"{SCHEMA}AboutPage", f"{SCHEMA}Report"]


def test_both_formats_say_the_same() -> None:
    one = work(types=types("Report"))
    links = linkset.link_set(one, around(), cited=True)
    data = json.loads(linkset.write(links, linkset.LINKSET_JSON))
    from_json = {
        (context["anchor"], rel, target["href"], target.get("type", ""))
        for context in data["linkset"]
        for rel, targets in context.items()
        if rel != "anchor"
        for target in targets
    }
    assert from_json == parse_link_text(linkset.write(links, linkset.LINKSET_TEXT).decode())
    assert ("https://e.org/doc/item/w.ttl", "describes", "https://e.org/doc/item/w", "text/html") in from_json
    assert not any(rel == "linkset" for _, rel, _, _ in from_json)


def test_odd_iris_do_not_leave_their_link() -> None:
    odd = 'https://e.org/é",<x>\r\n; rel="next"'
    links = [linkset.TypedLink(odd, "item", odd)]
    ((anchor, rel, href, _),) = parse_link_text(linkset.write(links, linkset.LINKSET_TEXT).decode())
    assert rel == "item" and anchor == href and href.isascii()


def test_very_many_authors_stay_out_of_the_header() -> None:
    links = [linkset.TypedLink("p", "author", f"https://e.org/{number}") for number in range(31)]
    assert not linkset.header_links(links)
    assert len(linkset.header_links(links[1:])) == 30


def test_the_dataset_has_its_files_as_items() -> None:
    files = [("https://e.org/dumps/dump.nt.gz", "application/gzip")]
    made = linkset.dataset_links(
        "https://e.org/dataset", "https://e.org/d", creators=["https://e.org/o"], license="", files=files, linkset=""
    )
    assert [(link.href, link.type) for link in made if link.rel == "item"] == files
    assert "license" not in {link.rel for link in made}


def test_hostile_texts_are_only_content() -> None:
    one = hostile()
    assert "</" not in script(document([work_jsonld(one, lang="en")]))
    assert all("\n" not in meta.name for meta in (*page_meta.highwire(one, "en"), *page_meta.dublin_core(one, "en")))
