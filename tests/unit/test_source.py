"""Reading Turtle: exact triples from good files, one clear sentence from bad ones (tests/cases/turtle/)."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.errors import ConfigError, SourceError
from kggraph.rdf.folders import turtle_files
from kggraph.rdf.source import locate, map_base, read_dataset, read_file, read_folder
from kggraph.terms import PREFIXES

CASES = Path(__file__).parent.parent / "cases" / "turtle"
BAD = sorted(CASES.glob("*.ttl"))
GOOD = "PREFIX ex: <https://example.org/>\n"


def written(folder: Path, name: str, text: str | bytes) -> Path:
    """A file with that text."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# ------------------------------------------------------------------ bad files
@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_file_says_what_was_found_and_what_would_be_right(path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_file(path, root=CASES)
    assert str(caught.value) == path.with_suffix(".txt").read_text("utf-8").strip()


def test_every_bad_file_has_its_message_and_the_other_way_round() -> None:
    assert {path.stem for path in BAD} == {path.stem for path in CASES.glob("*.txt")}
    assert len(BAD) >= 40


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_messages_name_no_folder_and_end_as_sentences(path: Path) -> None:
    message = path.with_suffix(".txt").read_text("utf-8").strip()
    assert message.startswith(f"{path.name}:")
    assert str(CASES) not in message
    assert message.endswith(".")


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^a\.ttl: There is no such file\.$"):
        read_file(tmp_path / "a.ttl", root=tmp_path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").mkdir()
    with pytest.raises(SourceError, match=r"^a\.ttl: This is a folder, not a file"):
        read_file(tmp_path / "a.ttl", root=tmp_path)


def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").symlink_to("a.ttl")
    with pytest.raises(SourceError, match=r"^a\.ttl: The file cannot be read: "):
        read_file(tmp_path / "a.ttl", root=tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ttl", GOOD + "ex:a ex:b 1 .")
    path.chmod(0)
    with pytest.raises(SourceError, match=r"^a\.ttl: The file may not be read"):
        read_file(path, root=tmp_path)


def test_the_namespace_of_a_usual_prefix_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ttl", "sw:a sw:b 1 .")
    with pytest.raises(SourceError, match=r"PREFIX sw: <https://example\.org/def#>"):
        read_file(path, root=tmp_path, prefixes={**PREFIXES, "sw": "https://example.org/def#"})


# ------------------------------------------------------------------ good files
def test_lexical_forms_are_kept(tmp_path: Path) -> None:
    text = GOOD + 'ex:a ex:n 01, 10.00, 1E+03, "1"^^<urn:x>, "2020-01-01T00:00:00.000Z"^^<urn:t>, "a\\r\\n\\"é"@nl-BE .'
    found = read_file(written(tmp_path, "a.ttl", text), root=tmp_path)
    assert found.ntriples.decode().splitlines() == [
        f"<https://example.org/a> <https://example.org/n> {term} ."
        for term in (
            '"01"^^<http://www.w3.org/2001/XMLSchema#integer>',
            '"10.00"^^<http://www.w3.org/2001/XMLSchema#decimal>',
            '"1E+03"^^<http://www.w3.org/2001/XMLSchema#double>',
            '"1"^^<urn:x>',
            '"2020-01-01T00:00:00.000Z"^^<urn:t>',
            '"a\\r\\n\\"é"@nl-be',
        )
    ]


def test_what_a_source_file_says_of_itself(tmp_path: Path) -> None:
    text = GOOD + "ex:b ex:p 1 . ex:a ex:p 1 . ex:b ex:p 2, 1 ."
    found = read_file(written(tmp_path, "items/a.ttl", text), root=tmp_path)
    assert found.relative == "items/a.ttl"
    assert found.subjects == ("https://example.org/b", "https://example.org/a")
    assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert len(found.ntriples.splitlines()) == 3, "a triple written twice is there once"


def test_blank_nodes_where_they_are_allowed(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ttl", GOOD + "ex:a ex:b [ ex:c 1 ] .")
    found = read_file(path, root=tmp_path, blank_nodes=True)
    assert found.subjects == ("https://example.org/a",)
    assert len(found.ntriples.splitlines()) == 2


def test_a_text_that_looks_like_a_blank_node_or_rdf_1_2_is_a_text(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ttl", GOOD + 'ex:a ex:b "_:a <<( _:b .\\n_:c <<( ", "\\\\u0000", "a@nl--ltr ." .')
    assert len(read_file(path, root=tmp_path).ntriples.splitlines()) == 3


def test_the_base_is_mapped_in_iris_and_not_in_texts(tmp_path: Path) -> None:
    text = GOOD + 'ex:a ex:b ex:c, "<https://example.org/x>", "1"^^ex:d, <https://example.organic/> .'
    found = read_file(
        written(tmp_path, "a.ttl", text), root=tmp_path, base_from="https://example.org/", base_to="http://localhost/"
    )
    assert found.ntriples.decode().splitlines() == [
        "<http://localhost/a> <http://localhost/b> <http://localhost/c> .",
        '<http://localhost/a> <http://localhost/b> "<https://example.org/x>" .',
        '<http://localhost/a> <http://localhost/b> "1"^^<http://localhost/d> .',
        "<http://localhost/a> <http://localhost/b> <https://example.organic/> .",
    ]
    assert found.subjects == ("http://localhost/a",)


def test_mapping_there_and_back_is_nothing() -> None:
    text = b'<https://a/x> <https://a/p> "<https://a/y> \\"<https://b/>\\" ."@nl .\n'
    assert map_base(map_base(text, "https://a/", "https://b/"), "https://b/", "https://a/") == text


# ------------------------------------------------------------------ folders
def test_a_folder_is_read_in_order_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name in ("b/2.ttl", "b/1.ttl", "a.ttl", "c.ttl", ".hidden.ttl", ".git/x.ttl", "b/.#1.ttl"):
        written(tmp_path, name, GOOD + "ex:a ex:b 1 .")
    written(tmp_path, "README.md", "not RDF")
    assert [found.relative for found in read_folder(tmp_path, root=tmp_path)] == [
        "a.ttl",
        "b/1.ttl",
        "b/2.ttl",
        "c.ttl",
    ]


def test_a_folder_is_read_one_file_at_a_time(tmp_path: Path) -> None:
    written(tmp_path, "a.ttl", GOOD + "ex:a ex:b 1 .")
    written(tmp_path, "b.ttl", "not Turtle")
    files = read_folder(tmp_path, root=tmp_path)
    assert next(files).relative == "a.ttl"
    with pytest.raises(SourceError, match=r"^b\.ttl:1:"):
        next(files)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no folder"):
        turtle_files(tmp_path / "data", root=tmp_path)


@pytest.mark.parametrize("name", ["a.TTL", "a.nt", "a.rdf", "a.jsonld", "a.trig", "a.nq", "a.turtle"])
def test_rdf_in_another_format_is_not_silently_left_out(tmp_path: Path, name: str) -> None:
    written(tmp_path, f"x/{name}", "")
    with pytest.raises(SourceError, match=f"^x/{name}: Only Turtle files"):
        turtle_files(tmp_path, root=tmp_path)


# ------------------------------------------------------------------ any RDF file
QUAD = ox.Quad(
    ox.NamedNode("a:b"), ox.NamedNode("a:c"), ox.Literal("01", datatype=ox.NamedNode("a:d")), ox.NamedNode("a:g")
)


@pytest.mark.parametrize("suffix", [".ttl", ".nt", ".nq", ".trig", ".rdf", ".jsonld"])
def test_read_dataset(tmp_path: Path, suffix: str) -> None:
    rdf_format = ox.RdfFormat.from_extension(suffix[1:])
    assert rdf_format is not None
    statement = QUAD if rdf_format.supports_datasets else QUAD.triple
    written(tmp_path, f"a{suffix}", ox.serialize([statement], format=rdf_format) or b"")
    expected = QUAD if rdf_format.supports_datasets else ox.Quad(*QUAD.triple)
    assert list(read_dataset(tmp_path / f"a{suffix}")) == [expected]


def test_read_dataset_resolves_against_the_base(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ttl", "<> <p> <#o> .")
    (quad,) = read_dataset(path, base_iri="http://localhost/a")
    assert str(quad.triple) == "<http://localhost/a> <http://localhost/p> <http://localhost/a#o>"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "", r"^a\.txt: The name does not say"),
        ("a.nq", "<a:b> <a:c> .", r"^a\.nq:1:\d+: This is not N-Quads: "),
        ("a.rdf", "<x", r"^a\.rdf:.*This is not RDF/XML: "),
        ("a.jsonld", "{", r"^a\.jsonld:.*This is not JSON-LD: "),
    ],
)
def test_read_dataset_that_is_not_what_it_says(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        list(read_dataset(written(tmp_path, name, text)))


def test_read_dataset_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no such file"):
        list(read_dataset(tmp_path / "a.nq"))


# ------------------------------------------------------------------ line numbers
MESSY = """@prefix ex: <https://example.org/> . @base <https://example.org/base/> .
# ex:a ex:p "in a comment" .
ex:a ex:p "one" , "t#wo"@nl ;
     a ex:Thing ;; ex:q
        3.50 , '''long
text''' , ex:c\\-d .
<b>
  ex:p <#c> , "5"^^ex:n, true.
[] ex:p ex:inner . ex:d ex:list ( ex:first
   ex:second ) ; ex:e [ ex:f "deep" ;
     ex:g ex:h ] ; ex:last "last" .
PREFIX é: <https://example.org/é#>
é:ü é:ü "é\\u00e9\\"" .
"""
E_ = "https://example.org/"


@pytest.mark.parametrize(
    ("subject", "predicate", "value", "line"),
    [
        ("a", "p", "one", 3),
        ("a", "p", "t#wo", 3),
        ("a", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", f"{E_}Thing", 4),
        ("a", "q", "3.50", 5),
        ("a", "q", "long\ntext", 5),
        ("a", "q", f"{E_}c-d", 6),
        ("a", "q", "no such value", 4),
        ("a", "no-such-property", None, 3),
        ("base/b", "p", f"{E_}base/#c", 8),
        ("base/b", "p", "5", 8),
        ("base/b", None, None, 7),
        ("d", "list", None, 9),
        ("d", "e", None, 10),
        ("d", "last", "last", 11),
        ("é#ü", "é#ü", 'éé"', 13),
        ("nobody", "p", None, None),
    ],
)
def test_locate(tmp_path: Path, subject: str, predicate: str | None, value: str | None, line: int | None) -> None:
    path = written(tmp_path, "a.ttl", MESSY)
    full = None if predicate is None else predicate if predicate.startswith("http") else E_ + predicate
    assert locate(path, E_ + subject, full, value) == line


def test_locate_sees_a_file_that_changed(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ttl", "<a:b> <a:c> 1 .")
    assert locate(path, "a:b", "a:c", "1") == 1
    written(tmp_path, "a.ttl", "\n\n<a:b> <a:c> 1 .")
    os.utime(path, ns=(1, 1))
    assert locate(path, "a:b", "a:c", "1") == 3


def test_locate_in_a_mapped_base_and_in_no_file(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ttl", "\n<https://example.org/a> <a:c> <https://example.org/b> .")
    asked = ("http://localhost/a", "a:c", "http://localhost/b")
    assert locate(path, *asked, base_from=E_, base_to="http://localhost/") == 2
    assert locate(tmp_path / "gone.ttl", "a:b") is None


def test_locate_survives_what_is_not_turtle() -> None:
    for path in BAD:
        locate(path, "http://e/a", "http://e/b")
