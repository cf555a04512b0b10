"""descriptions.sqlite: triples as in the sources, labels, links, lists and trees; read by many at once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from kggraph.errors import GenerationError
from kggraph.publish.descriptions import Concept, Description, Descriptions, Link, Listed
from kggraph.publish.labels import pick, sort_key
from kggraph.publish.things import Thing
from kggraph.publish.writer import ROOM, DescriptionsWriter
from kggraph.rdf import ntriples
from kggraph.terms import RDF, SKOS

ID = "https://example.org/id"
LITERALS = rb'"01"^^<http://www.w3.org/2001/XMLSchema#integer>', rb'"a\n\"b\" \\ \u00E9"@en', '"é漢"'.encode()


def thing(kind: str, slug: str, labels: dict[str, str], *said: tuple[str, str]) -> Thing:
    subject = f"{ID}/{kind}/{slug}"
    rows = [(f"<{subject}>".encode(), f"<{predicate}>".encode(), term.encode()) for predicate, term in said]
    types = tuple(term[1:-1] for predicate, term in said if predicate == f"{RDF}type")
    return Thing(subject, kind, types, labels, sorted(rows), f"data/{slug}.ttl")


def concept(slug: str, labels: dict[str, str], *broader: str, notation: str = "") -> Thing:
    said = [(f"{RDF}type", f"<{SKOS}Concept>"), (f"{SKOS}inScheme", f"<{ID}/scheme/themes>")]
    said += [(f"{SKOS}broader", f"<{ID}/theme/{above}>") for above in broader]
    said += [(f"{SKOS}notation", f'"{notation}"')] if notation else []
    return thing("theme", slug, labels, *said)


def item(slug: str, labels: dict[str, str], *said: tuple[str, str]) -> Thing:
    return thing("item", slug, labels, (f"{RDF}type", "<https://example.org/Item>"), *said)


THINGS = [
    item("a", {"nl": "Ééns", "en": "Once"}, ("a:theme", f"<{ID}/theme/x>"), ("a:about", f"<{ID}/theme/x>")),
    item("b", {"nl": "de"}, ("a:theme", f"<{ID}/theme/x>"), ("a:theme", f"<{ID}/theme/y>")),
    item("c", {}, *(("a:text", text.decode()) for text in LITERALS), ("a:see", f"<{ID}/theme/none>")),
    concept("x", {"nl": "iks", "en": "ex"}, notation="10"),
    concept("y", {"nl": "ypsilon", "en": "wye"}, "x", notation="9"),
    concept("z", {"nl": "zet"}, "x", "y"),
    concept("w", {"nl": "we", "en": "a"}, "w"),
    concept("v", {"nl": "ve"}, "u"),
    concept("u", {"nl": "u"}, "v"),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with THINGS in it, and parts of the first item that link too."""
    path = tmp_path_factory.mktemp("descriptions") / "descriptions.sqlite"
    parts = [(f"<{ID}/item/a#p{n}>".encode(), b"<a:agent>", f"<{ID}/theme/y#part>".encode()) for n in (1, 2)]
    first = THINGS[0]
    with_parts = Thing(first.iri, first.kind, first.types, first.labels, [*first.rows, *parts], first.source)
    things = [with_parts, *THINGS[1:]]
    ordered = sorted(things, key=lambda one: (one.kind, one.iri))
    numbers = {one.subject: number for number, one in enumerate(ordered, 1)}
    writer = DescriptionsWriter(path, numbers, ("nl", "en"), "https://example.org/")
    for one in things:
        writer.add(one, [sort_key(pick(one.labels, lang, one.iri).text) for lang in ("nl", "en")])
    writer.finish({"https://example.org/Item": {"nl": "Item"}, f"{ID}/item/a": {"nl": "not this"}})
    return path


@pytest.fixture(scope="module")
def descriptions(path: Path) -> Descriptions:
    """A reader of it."""
    return Descriptions(path)


def test_triples_come_out_as_they_went_in(descriptions: Descriptions) -> None:
    found = descriptions.get(f"{ID}/item/c")
    assert found == Description(
        f"{ID}/item/c", "item", ("https://example.org/Item",), {}, THINGS[2].ntriples, "data/c.ttl"
    )
    objects = [term for _, predicate, term in ntriples.rows(found.ntriples) if predicate == b"<a:text>"]
    assert sorted(objects) == sorted(LITERALS)


@pytest.mark.parametrize("iri", [f"{ID}/item/none", f"{ID}/theme/none", "https://example.org/Item", "", "' OR 1=1 --"])
def test_what_no_file_describes(descriptions: Descriptions, iri: str) -> None:
    assert descriptions.get(iri) is None


def test_labels_of_many_in_one_call(descriptions: Descriptions) -> None:
    asked = [f"{ID}/item/a", f"{ID}/item/c", f"{ID}/theme/none", "https://example.org/Item", "'\"\x00"]
    assert descriptions.labels(asked) == {
        f"{ID}/item/a": {"nl": "Ééns", "en": "Once"},
        "https://example.org/Item": {"nl": "Item"},
    }
    assert descriptions.labels([]) == {}
    assert len(descriptions.labels(one.iri for one in THINGS)) == len(THINGS) - 1


def test_links(descriptions: Descriptions) -> None:
    theme, kind = f"{ID}/theme", f"{ID}/item"
    assert sorted(descriptions.inbound(f"{theme}/y"), key=str) == sorted(
        [
            Link(f"{kind}/b", "a:theme", f"{kind}/b"),
            Link(f"{theme}/z", f"{SKOS}broader", f"{theme}/z"),
            Link(f"{kind}/a#p1", "a:agent", f"{kind}/a"),
            Link(f"{kind}/a#p2", "a:agent", f"{kind}/a"),
        ],
        key=str,
    )
    assert descriptions.inbound_counts(f"{theme}/x") == {"a:theme": 2, f"{SKOS}broader": 2, "a:about": 1}
    assert descriptions.inbound_counts(f"{theme}/y")["a:agent"] == 1, "things are counted, not their parts"
    assert descriptions.inbound_counts("https://example.org/none") == {}
    assert [link.thing for link in descriptions.inbound(f"{theme}/x", predicate="a:theme")] == [
        f"{kind}/a",
        f"{kind}/b",
    ]
    assert [link.thing for link in descriptions.inbound(f"{theme}/x", predicate="a:theme", limit=1, offset=1)] == [
        f"{kind}/b"
    ]
    assert descriptions.inbound(f"{theme}/x", predicate="a:none") == []
    pages = [descriptions.inbound(f"{theme}/x", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [link for page in pages for link in page] == descriptions.inbound(f"{theme}/x", limit=-1)
    assert f"{theme}/w" not in [link.thing for link in descriptions.inbound(f"{theme}/w")], "not to itself"


def test_lists_are_in_the_order_of_labels(descriptions: Descriptions) -> None:
    assert [listed.iri[-1] for listed in descriptions.things("item", lang="nl")] == ["c", "b", "a"]
    assert [listed.iri[-1] for listed in descriptions.things("item", lang="en")] == ["c", "b", "a"]
    assert [listed.iri[-1] for listed in descriptions.things("theme", lang="en")] == ["w", "x", "u", "v", "y", "z"]
    assert descriptions.things("item", lang="xx") == descriptions.things("item", lang="nl")
    assert descriptions.things("theme", lang="nl", offset=4, limit=1) == [
        Listed(f"{ID}/theme/y", {"nl": "ypsilon", "en": "wye"}, 3)
    ]
    assert descriptions.things("none", lang="nl") == []


def test_counts(descriptions: Descriptions) -> None:
    assert descriptions.kinds() == {"item": 3, "theme": 6}
    assert descriptions.count("theme") == 6
    assert descriptions.count("none") == 0
    assert descriptions.iris("item") == [f"{ID}/item/{slug}" for slug in "abc"]


def test_iris_come_in_parts(descriptions: Descriptions) -> None:
    every = descriptions.iris("item")
    assert len(every) > 2 and every == sorted(every)
    assert [*descriptions.iris("item", limit=2), *descriptions.iris("item", offset=2)] == every
    assert [found.iri for found in descriptions.each("item")] == every
    assert descriptions.iris("none") == [] == list(descriptions.each("none"))


def test_no_answer_looks_at_every_thing(path: Path, tmp_path: Path) -> None:
    """With a million things a scan takes seconds, and none of these may need one."""
    large = tmp_path / "large.sqlite"
    shutil.copy(path, large)
    with closing(sqlite3.connect(large)) as database, database:
        database.execute("DELETE FROM sqlite_stat1")  # which say that there are so few that a scan is best
    descriptions = Descriptions(large)
    asked: list[str] = []
    descriptions._connections.here().set_trace_callback(asked.append)
    iri = descriptions.iris("item")[0]
    list(descriptions.each("item"))
    descriptions.get(iri)
    descriptions.labels([iri])
    descriptions.triples(iri)
    descriptions.ntriples([iri])
    descriptions.inbound(iri)
    descriptions.inbound(iri, living=True)
    descriptions.subjects(f"{SKOS}broader", iri)
    descriptions.inbound_counts(iri)
    descriptions.things("item", lang="nl", limit=2)
    descriptions.kinds()
    descriptions.tree(iri)
    descriptions._connections.here().set_trace_callback(None)
    assert len(asked) >= 13
    for sql in asked:
        steps = descriptions._connections.here().execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        assert not [step for *_, step in steps if step.startswith(("SCAN thing", "SCAN body"))], sql
    descriptions.close()


def test_trees_hold_every_concept(descriptions: Descriptions) -> None:
    found = [
        (node.iri[-1], node.depth, (node.broader or "-")[-1], node.narrower)
        for node in descriptions.tree(f"{ID}/scheme/themes", lang="nl")
    ]
    assert found == [
        ("x", 0, "-", 2),
        ("y", 1, "x", 1),
        ("z", 2, "y", 0),
        ("z", 1, "x", 0),
        ("w", 0, "-", 0),
        ("u", 0, "-", 1),
        ("v", 1, "u", 1),
        ("u", 2, "v", 1),
    ]
    assert descriptions.tree(f"{ID}/scheme/none") == []
    assert isinstance(descriptions.tree(f"{ID}/scheme/themes")[0], Concept)


def test_many_threads_and_a_child_process_read_at_once(path: Path) -> None:
    descriptions = Descriptions(path)
    wrong: list[object] = []

    def read() -> None:
        for _ in range(50):
            for one in THINGS:
                found = descriptions.get(one.iri)
                if found is None or one.iri != found.iri:
                    wrong.append(one.iri)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    child = os.fork()
    if child == 0:
        os._exit(0 if descriptions.get(THINGS[1].iri) else 1)
    assert os.waitpid(child, 0)[1] == 0
    descriptions.close()
    with pytest.raises(GenerationError):
        descriptions.get(THINGS[0].iri)


@pytest.mark.parametrize("content", [None, b"", b"not a database at all"])
def test_a_file_that_is_not_right_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a b%?.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GenerationError, match="cannot be read"):
        Descriptions(path)


def test_a_thing_without_a_kind_is_described_all_the_same(tmp_path: Path) -> None:
    """Its IRI has none, nor has its class; a term of the ontology has no kind either, and is not described."""
    one = thing("", "about", {"nl": "Over"}, ("a:see", f"<{ID}/theme/none>"))
    writer = DescriptionsWriter(tmp_path / "one.sqlite", {one.subject: ROOM}, ("nl",), "https://example.org/")
    writer.add(one, ["over"])
    writer.finish({"https://example.org/Item": {"nl": "Item"}})
    descriptions = Descriptions(tmp_path / "one.sqlite")
    assert [iri for iri, _, _ in descriptions.everything()] == [one.iri] == descriptions.iris("")
    assert descriptions.in_file(one.source) == [one.iri] == descriptions.of_files([one.source])
    assert descriptions.number(one.iri) == ROOM and descriptions.links_to([one.iri]) == {one.iri: 0}
    assert descriptions.triples(one.iri) == one.ntriples and descriptions.kinds() == {"": 1}
    assert descriptions.number("https://example.org/Item") == 0 and descriptions.get("https://example.org/Item") is None
    descriptions.close()


def test_the_file_of_an_older_program_is_one_sentence(path: Path, tmp_path: Path) -> None:
    """Which had all of a thing in one table; a server then builds anew, instead of failing at every page."""
    older = tmp_path / "older.sqlite"
    shutil.copy(path, older)
    with closing(sqlite3.connect(older)) as database:
        database.execute("DROP TABLE body")
    with pytest.raises(GenerationError, match=r"older\.sqlite .* has the form of an older program; build anew"):
        Descriptions(older)
