"""The canonical Turtle of our files, comments in it, and the formats that are served."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.errors import NotAcceptable, SourceError
from kggraph.rdf.media import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE
from kggraph.rdf.turtle import canonical, check_files, format_file, serialize

EX = "https://example.org/"
PREFIXES = {"def": f"{EX}def#", "id": f"{EX}id/", "unused": "urn:unused:", "xsd": "http://www.w3.org/2001/XMLSchema#"}


def ntriples(turtle: str) -> bytes:
    """N-Triples of a Turtle text that may use the prefixes above."""
    head = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
    return ox.serialize(ox.parse(head + turtle, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_QUADS) or b""


def body(turtle: str) -> str:
    """The canonical text without its prefixes."""
    return canonical(ntriples(turtle), PREFIXES).partition("\n\n")[2]


# ------------------------------------------------------------------ the form
def test_the_whole_form() -> None:
    text = canonical(
        ntriples("""
            id:b def:z 1 ; def:a "x"@nl , "x"@en , "y" , id:c , id:c10 , id:c9 ; a def:Thing .
            <https://example.org/id/a#2> def:a true . <https://example.org/id/a#10> def:a 1.0 . id:a def:a <urn:x:y> .
        """),
        PREFIXES,
    )
    assert text == (
        "PREFIX def: <https://example.org/def#>\n"
        "PREFIX id: <https://example.org/id/>\n"
        "\n"
        "id:a\n"
        "    def:a <urn:x:y> ;\n"
        ".\n"
        "\n"
        "<https://example.org/id/a#2>\n"
        "    def:a true ;\n"
        ".\n"
        "\n"
        "<https://example.org/id/a#10>\n"
        "    def:a 1.0 ;\n"
        ".\n"
        "\n"
        "id:b\n"
        "    a def:Thing ;\n"
        "    def:a\n"
        "        id:c ,\n"
        "        id:c9 ,\n"
        "        id:c10 ,\n"
        '        "y" ,\n'
        '        "x"@en ,\n'
        '        "x"@nl ;\n'
        "    def:z 1 ;\n"
        ".\n"
    )


def test_without_prefixes_there_is_no_head() -> None:
    assert canonical(b"<a:b> <a:c> <a:d> .\n", {}) == "<a:b>\n    <a:c> <a:d> ;\n.\n"
    assert canonical(b"", PREFIXES) == ""


def test_names_come_before_other_properties_and_schemes_before_concepts() -> None:
    skos = "http://www.w3.org/2004/02/skos/core#"
    text = canonical(
        f'<a:1> <{skos}altLabel> "a" .\n<a:1> <{skos}prefLabel> "p" .\n'
        f"<z:9> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{skos}ConceptScheme> .\n".encode(),
        {"skos": skos},
    )
    assert text.index("<z:9>") < text.index("<a:1>") < text.index("skos:prefLabel") < text.index("skos:altLabel")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('"1"^^xsd:integer', "1"),
        ('"-10"^^xsd:integer', "-10"),
        ('"01"^^xsd:integer', '"01"^^xsd:integer'),
        ('"+1"^^xsd:integer', '"+1"^^xsd:integer'),
        ('"1.50"^^xsd:decimal', "1.50"),
        ('".5"^^xsd:decimal', '".5"^^xsd:decimal'),
        ('"0.0000001"^^xsd:decimal', '"0.0000001"^^xsd:decimal'),
        ('"1."^^xsd:decimal', '"1."^^xsd:decimal'),
        ('"1"^^xsd:decimal', '"1"^^xsd:decimal'),
        ('"1E+03"^^xsd:double', '"1E+03"^^xsd:double'),
        ('"NaN"^^xsd:double', '"NaN"^^xsd:double'),
        ('"true"^^xsd:boolean', "true"),
        ('"1"^^xsd:boolean', '"1"^^xsd:boolean'),
        ('"x"^^xsd:string', '"x"'),
        ('"2023"^^xsd:gYear', '"2023"^^xsd:gYear'),
        ('"1 "^^xsd:integer', '"1 "^^xsd:integer'),
        ('"1"^^<urn:t>', '"1"^^<urn:t>'),
        ('"a\\"b"', '"a\\"b"'),
        ('"a\\\\nb"', '"a\\\\nb"'),
        ('"a\\tb"', '"a\\tb"'),
        ('"a\\rb"', '"a\\rb"'),
        ('"a\\nb"', '"""a\nb"""'),
        ('"a\\n\\t\\r\\\\b"', '"""a\n\\t\\r\\\\b"""'),
        ('"a\\n\\"b\\""', '"""a\n"b\\""""'),
        ('"\\n\\"\\"\\"x"@nl', '"""\n\\"\\""x"""@nl'),
        ('"\u202eevil"', '"\\u202Eevil"'),
        ('"zero\u200dwidth \u00e9"', '"zero\u200dwidth \u00e9"'),
        ('"\ufeff\x85"', '"\\uFEFF\\u0085"'),
        ("id:a", "id:a"),
        ("<https://example.org/id/a/b>", "<https://example.org/id/a/b>"),
        ("<https://example.org/id/a.>", "<https://example.org/id/a.>"),
        ("<https://example.org/id/>", "<https://example.org/id/>"),
        ("<https://example.org/id/-a>", "<https://example.org/id/-a>"),
        ("<https://example.org/id/1a.b_-c>", "id:1a.b_-c"),
        ("<urn:\u202e>", "<urn:\\u202E>"),
        ("()", "()"),
        ("( 1 id:a )", "( 1 id:a )"),
        ("[ def:b 1 ]", "[ def:b 1 ]"),
        ("[]", "[]"),
    ],
)
def test_terms(written: str, kept: str) -> None:
    text = body(f"id:s def:p {written} .")
    assert text == f"id:s\n    def:p {kept} ;\n.\n"
    assert body(text.replace("\\u", "\\u")) == text


def test_blank_nodes_are_written_where_they_are_used() -> None:
    text = body("id:s def:or ( [ def:x 1 ; def:y 2 ] [ def:x [ def:z 3 ] ] ) . [] a def:Alone . _:a def:both _:a .")
    assert text == (
        "id:s\n"
        "    def:or (\n"
        "        [\n"
        "            def:x 1 ;\n"
        "            def:y 2 ;\n"
        "        ]\n"
        "        [ def:x [ def:z 3 ] ]\n"
        "    ) ;\n"
        ".\n"
        "\n"
        "_:b6\n"
        "    def:both _:b6 ;\n"
        ".\n"
        "\n"
        "[]\n"
        "    a def:Alone ;\n"
        ".\n"
    ).replace("_:b6", "_:" + text.partition("_:")[2].partition("\n")[0])


def test_labels_of_blank_nodes_do_not_matter() -> None:
    one = "_:x def:p _:y . _:y def:q 1 . id:a def:r _:y , [ def:s _:x ] ."
    assert body(one) == body(one.replace("_:x", "_:q").replace("_:y", "_:x"))


def test_a_long_list_has_a_line_for_each_member() -> None:
    text = body("id:s def:p ( " + " ".join(f'"member number {n}"' for n in range(9)) + " ) .")
    assert text.splitlines()[1:3] == ["    def:p (", '        "member number 0"']


def test_deep_lists_do_not_recurse() -> None:
    text = body("id:s def:p ( " + "1 " * 5000 + ") .")
    assert text.count("\n        1\n") >= 2500


def test_something_more_than_a_list_is_no_list() -> None:
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    text = body(f"id:s def:p [ <{rdf}first> 1 ; <{rdf}rest> () ; def:extra 2 ] .")
    assert "def:extra 2" in text


# ------------------------------------------------------------------ files
def test_format_file_and_check_files(tmp_path: Path) -> None:
    path, other = tmp_path / "a.ttl", tmp_path / "b.ttl"
    path.write_text("@prefix x: <https://example.org/id/> . x:a x:b x:c.", "utf-8")
    other.write_text(format_file(path, PREFIXES), "utf-8")
    assert other.read_text("utf-8") == "PREFIX id: <https://example.org/id/>\n\nid:a\n    id:b id:c ;\n.\n"
    assert check_files([path, other], PREFIXES) == [path]


def test_line_ends_of_windows_are_not_canonical(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_bytes(b"<a:b>\r\n    <a:c> <a:d> ;\r\n.\r\n")
    assert check_files([path], {}) == [path]
    assert "\r" not in format_file(path, {})


def test_a_file_that_is_not_turtle_says_where(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("<a:b> <a:c>", "utf-8")
    with pytest.raises(SourceError, match=r"a\.ttl:1:12: "):
        format_file(path, PREFIXES)


COMMENTED = """# Of the file.
# Two lines.
@prefix id: <https://example.org/id/> . # beside a prefix
@prefix def: <https://example.org/def#> .

# ------- section
id:z def:p 1 ; # beside a value
    def:q "a # in a text" , # and another
      <urn:x#y> .  # behind
# above a
id:a def:p 2 .
id:z def:p 3 .
# about nobody
[] a def:Thing .
# last
"""


def test_comments_stay_with_what_they_are_about(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text(COMMENTED, "utf-8")
    text = format_file(path, PREFIXES)
    assert text == (
        "# Of the file.\n"
        "# Two lines.\n"
        "# beside a prefix\n"
        "PREFIX def: <https://example.org/def#>\n"
        "PREFIX id: <https://example.org/id/>\n"
        "\n"
        "# ------- section\n"
        "# beside a value\n"
        "# and another\n"
        "# behind\n"
        "id:z\n"
        "    def:p\n"
        "        1 ,\n"
        "        3 ;\n"
        "    def:q\n"
        "        <urn:x#y> ,\n"
        '        "a # in a text" ;\n'
        ".\n"
        "\n"
        "# above a\n"
        "id:a\n"
        "    def:p 2 ;\n"
        ".\n"
        "\n"
        "[]\n"
        "    a def:Thing ;\n"
        ".\n"
        "\n"
        "# about nobody\n"
        "# last\n"
    )
    path.write_text(text, "utf-8")
    assert check_files([path], PREFIXES) == []


@pytest.mark.parametrize(
    "text",
    [
        "# a\n<a:b> <a:c> 1 .\n# b\n",
        "# a\n[] <a:c> 1 .\n",
        "# a\n@prefix x: <x:> .\n<a:b> <a:c> 1 .",
        "BASE <https://example.org/id/> # a\n<x> <y> # b\n <z> . # c",
        "# a\n\n# b\n@prefix id: <https://example.org/id/> .\n# c\nid:a id:b 1 .\n"
        "@prefix d: <d:> . # d\n# e\nid:c id:d d:x .",
        "#\n#\ta \n<a:b> <a:c> '#' .",
    ],
)
def test_no_comment_is_lost_and_twice_is_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.ttl"
    path.write_text(text, "utf-8")
    once = format_file(path, PREFIXES)
    assert sorted(line for line in once.splitlines() if line.startswith("#")) == sorted(
        "#" + part.split("\n")[0].rstrip() for part in text.replace("'#'", "''").split("#")[1:]
    )
    path.write_text(once, "utf-8")
    assert format_file(path, PREFIXES) == once


# ------------------------------------------------------------------ formats
THING = """
id:a a def:Thing , def:Other ; def:q [ def:r 1 ] ;
    def:p "é\\n"@nl-be , "x" , "01"^^xsd:integer , id:b , <mailto:a@b.nl> .
"""


def test_json_ld_is_compact() -> None:
    document = json.loads(serialize(ntriples(THING), JSON_LD, PREFIXES))
    assert document["@context"] == {prefix: PREFIXES[prefix] for prefix in ("def", "xsd")}
    assert document["@graph"][0] == {
        "@id": f"{EX}id/a",
        "@type": ["def:Other", "def:Thing"],
        "def:p": [
            {"@id": f"{EX}id/b"},
            {"@id": "mailto:a@b.nl"},
            "x",
            {"@value": "é\n", "@language": "nl-be"},
            {"@value": "01", "@type": "xsd:integer"},
        ],
        "def:q": {"@id": document["@graph"][1]["@id"]},
    }


def test_json_ld_leaves_out_a_prefix_that_an_iri_looks_like() -> None:
    text = serialize(b"<def:x> <https://example.org/def#p> <urn:y> .\n", JSON_LD, PREFIXES)
    assert json.loads(text)["@graph"] == [{"@id": "def:x", f"{EX}def#p": {"@id": "urn:y"}}]


def test_an_empty_graph_in_every_format() -> None:
    for representation in (TURTLE, JSON_LD, N_TRIPLES, RDF_XML, TRIG, N_QUADS):
        data = serialize(b"", representation, PREFIXES)
        assert not list(ox.parse(data, ox.RdfFormat.from_media_type(representation.media_type)))


def test_rdf_xml_uses_prefixes_and_types() -> None:
    text = serialize(ntriples(THING), RDF_XML, PREFIXES).decode()
    assert f'<def:Other rdf:about="{EX}id/a">' in text
    assert f'<rdf:type rdf:resource="{EX}def#Thing"/>' in text
    assert '<def:p xml:lang="nl-be">é\n</def:p>' in text


def test_rdf_xml_of_properties_without_prefix() -> None:
    text = serialize(
        b'<a:b> <http://x/y#p> "1" .\n<a:b> <http://x/y#q> "\\r" .\n<a:b> <http://x/1z> "" .\n', RDF_XML, {}
    ).decode()
    assert 'xmlns:ns1="http://x/1"' in text
    assert "<ns2:q>&#13;</ns2:q>" in text


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('<a:b> <http://x/123> "1" .', "<http://x/123>"),
        ('<a:b> <http://x/> "1" .', "<http://x/>"),
        ('<a:b> <http://x/a?1> "1" .', "<http://x/a?1>"),
        ('<a:b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#li> "1" .', "rdf-syntax-ns#li"),
        ('<a:b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#Description> "1" .', "Description"),
        ('<a:b> <http://x/a> "\\u0001" .', "U+0001"),
        ('<a:b> <http://x/a> "\uffff" .', "U+FFFF"),
    ],
)
def test_what_rdf_xml_cannot_say_is_refused_clearly(line: str, what: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        serialize(f"{line}\n".encode(), RDF_XML, {})
    assert what in str(caught.value)
    assert caught.value.available == ("text/turtle", "application/ld+json", "application/n-triples")
    for representation in (TURTLE, JSON_LD):
        (quad,) = ox.parse(
            serialize(f"{line}\n".encode(), representation, {}), ox.RdfFormat.from_media_type(representation.media_type)
        )
        assert quad == next(iter(ox.parse(line, ox.RdfFormat.N_TRIPLES)))


def test_rdf_xml_of_a_class_that_has_no_name_in_xml() -> None:
    line = b"<a:b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://x/1> .\n"
    text = serialize(line, RDF_XML, {}).decode()
    assert '<rdf:Description rdf:about="a:b">' in text
    assert '<rdf:type rdf:resource="http://x/1"/>' in text
