"""The model that shapes tell: classes, fields, groups, schemes, and what is wrong with shapes that tell none."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.errors import ShapesError
from kggraph.model import Field, Model, load_model
from kggraph.model.graph import known_annotations
from kggraph.rdf.source import read_folder
from kggraph.terms import DASH, KG, PREFIXES, RDF, SKOS, XSD

EX = "https://example.org/def#"
WRONG = sorted((Path(__file__).parent.parent / "cases" / "model").glob("*.ttl"))
HEAD = "".join(f"PREFIX {p}: <{n}>\n" for p, n in {**PREFIXES, "ex": EX, "rdf": RDF}.items())


def ntriples(turtle: str) -> bytes:
    """N-Triples of Turtle that may use the usual prefixes."""
    return ox.serialize(ox.parse(HEAD + turtle, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_QUADS) or b""


def model(shapes: str, ontology: str = "") -> Model:
    """The model of shapes written as Turtle."""
    return load_model(ntriples(shapes), ntriples(ontology))


BOOK = """
ex:BookShape a sh:NodeShape ; sh:targetClass ex:Book ; kg:kind "book" ; kg:mainClass true ; kg:plural "Books"@en ;
    kg:folder "books" ; kg:printedNamePath ex:printed ; kg:positionPath ex:position ;
    kg:createValue [ kg:path ex:status ; kg:to ex:guessed ] ;
    sh:node ex:ThingShape ;
    sh:property ex:Book-title, ex:Book-year, ex:Book-writer, ex:Book-reviews, ex:Book-theme, ex:Book-theme-scheme,
        ex:Book-deep .
ex:ThingShape a sh:NodeShape ; sh:property ex:Thing-note .
ex:Thing-note sh:path ex:note ; sh:name "Note"@en ; kg:hidden true .

ex:Book-title sh:path dcterms:title ; kg:key "title" ; sh:name "Title"@en, "Titel"@nl ;
    sh:description "As printed."@en ; sh:datatype rdf:langString ; sh:minCount 1 ; sh:maxCount 1 ; sh:order 1 ;
    sh:group ex:about ;
    dash:propertyRole dash:LabelRole ; kg:searchWeight 3.5 ; kg:column true ; kg:card true ; kg:importKey "title" ;
    kg:importLanguage "en" ; kg:importLanguageKey "lang" .
ex:Book-year sh:path dcterms:issued ; kg:key "year" ; sh:name "Year"@en ; kg:date true ; sh:order 2 ;
    sh:group ex:about ; sh:or ( [ sh:datatype xsd:gYear ] [ sh:datatype xsd:date ] ) .
ex:Book-writer sh:path dcterms:creator ; sh:name "Writer"@en ; sh:node ex:PersonShape ; kg:createMissing true ;
    kg:attributionRole ex:Writer ; kg:facet true ; sh:order 1 ; sh:group ex:links .
ex:Book-reviews sh:path [ sh:inversePath ex:reviewOf ] ; kg:key "reviews" ; sh:name "Reviews"@en ; sh:class ex:Review .
ex:Book-theme sh:path ex:theme ; kg:key "theme" ; sh:name "Theme"@en ; kg:scheme ex:themes ; kg:facet true ;
    sh:nodeKind sh:IRI ; kg:importMap [ kg:from "poetry" ; kg:to ex:poems ], [ kg:from "none" ; kg:to "no theme" ] .
ex:Book-theme-scheme sh:path ex:theme ; kg:ruleOf ex:Book-theme ; sh:maxCount 3 ; sh:message "Three at most."@en .
ex:Book-deep sh:path ( ex:theme skos:broader ) ; sh:name "Deep"@en ; sh:minCount 1 .

ex:PersonShape a sh:NodeShape ; sh:targetClass ex:Person ; kg:kind "person" ;
    sh:property [ sh:path foaf:name ; sh:name "Name"@en ] .
ex:ThemeConcept a sh:NodeShape ; kg:kind "theme" ; kg:scheme ex:themes ; kg:plural "Themes"@en ; rdfs:label "Theme"@en .
ex:ConceptShape a sh:NodeShape ; sh:targetClass skos:Concept ;
    sh:property [ sh:path skos:prefLabel ; sh:name "Name"@en ; sh:order 1 ; dash:propertyRole dash:LabelRole ],
        [ sh:path skos:notation ; sh:name "Code"@en ; sh:order 2 ; dash:propertyRole dash:LabelRole ] .
ex:about a sh:PropertyGroup ; rdfs:label "About"@en ; sh:order 1 .
ex:links a sh:PropertyGroup ; rdfs:label "Links"@en ; sh:order 2 .
"""
ONTOLOGY = """
ex:Book rdfs:label "Book"@en, "Boek"@nl ; rdfs:comment "What one reads."@en .
ex:Novel rdfs:subClassOf ex:Story . ex:Story rdfs:subClassOf ex:Book, ex:Work . ex:Work rdfs:subClassOf ex:Story .
ex:Person skos:prefLabel "Person"@en .
"""


@pytest.fixture(scope="module")
def books() -> Model:
    """A model of books."""
    return model(BOOK, ONTOLOGY)


def field(of: Model, key: str) -> Field:
    """A field of the main class that is there."""
    found = of.main.field(key)
    assert found is not None
    return found


# ------------------------------------------------------------------ classes
def test_the_main_class(books: Model) -> None:
    main = books.main
    assert (main.iri, main.shape, main.kind, main.is_main) == (f"{EX}Book", f"{EX}BookShape", "book", True)
    assert main.label == {"en": "Book", "nl": "Boek"}
    assert main.plural == {"en": "Books"}
    assert main.description == {"en": "What one reads."}
    assert (main.folder, main.printed_name_path, main.position_path) == ("books", f"{EX}printed", f"{EX}position")
    assert main.create_values == ((f"{EX}status", ox.NamedNode(f"{EX}guessed")),)


def test_fields_come_by_group_and_order_and_those_without_group_last(books: Model) -> None:
    assert [f.key for f in books.main.fields] == ["title", "year", "creator", "note", "reviews", "theme"]
    assert list(books.groups) == [f"{EX}about", f"{EX}links"]


def test_class_look_ups(books: Model) -> None:
    assert books.by_kind("person") == books.by_class(f"{EX}Person")
    assert books.by_kind("theme") == books.by_class(f"{SKOS}Concept")
    assert books.by_kind("nothing") is None
    scheme = books.scheme_by_kind("theme")
    assert scheme is not None
    assert (scheme.iri, scheme.label, scheme.plural) == (f"{EX}themes", {"en": "Theme"}, {"en": "Themes"})
    assert [c.iri for c in books.classes if c.is_main] == [f"{EX}Book"]


@pytest.mark.parametrize(
    ("types", "found"),
    [
        (["Book"], "Book"),
        (["Novel"], "Book"),
        (["Work"], "Book"),
        (["Other", "Person"], "Person"),
        (["Person", "Book"], "Book"),
        (["Novel", "Person"], "Person"),
        (["Other"], None),
        ([], None),
    ],
)
def test_of_types(books: Model, types: list[str], found: str | None) -> None:
    chosen = books.of_types([f"{EX}{name}" for name in types])
    assert (chosen.iri if chosen else None) == (f"{EX}{found}" if found else None)


def test_of_types_prefers_the_more_specific_shape() -> None:
    found = model(
        'ex:A a sh:NodeShape ; sh:targetClass ex:Book ; kg:kind "book" ; kg:mainClass true .'
        'ex:B a sh:NodeShape ; sh:targetClass ex:Novel ; kg:kind "novel" .',
        "ex:Novel rdfs:subClassOf ex:Book .",
    )
    chosen = found.of_types([f"{EX}Book", f"{EX}Novel"])
    assert chosen is not None
    assert chosen.kind == "novel"


def test_label_paths_follow_the_roles_or_usual_names(books: Model) -> None:
    assert books.main.label_paths == ("http://purl.org/dc/terms/title",)
    person, concept = books.by_kind("person"), books.by_kind("theme")
    assert person is not None and concept is not None
    assert person.label_paths == ("http://xmlns.com/foaf/0.1/name",)
    assert concept.label_paths == (f"{SKOS}prefLabel", f"{SKOS}notation")


# ------------------------------------------------------------------ fields
def test_all_of_a_field(books: Model) -> None:
    title = field(books, "title")
    assert title == Field(
        iri=f"{EX}Book-title",
        path="http://purl.org/dc/terms/title",
        inverse=False,
        key="title",
        label={"en": "Title", "nl": "Titel"},
        description={"en": "As printed."},
        group=f"{EX}about",
        order=1.0,
        datatype=f"{RDF}langString",
        datatypes=(f"{RDF}langString",),
        node_class=None,
        node_classes=(),
        scheme=None,
        node_kind="http://www.w3.org/ns/shacl#Literal",
        min_count=1,
        max_count=1,
        facet=False,
        search_weight=3.5,
        column=True,
        card=True,
        is_date=False,
        import_key="title",
        import_language="en",
        import_language_key="lang",
        import_map={},
        create_missing=False,
        role=f"{DASH}LabelRole",
        attribution_role=None,
        hidden=False,
    )
    assert title.is_literal and not title.is_many


def test_what_fields_know(books: Model) -> None:
    year, writer, reviews = field(books, "year"), field(books, "creator"), field(books, "reviews")
    assert (year.datatype, year.datatypes, year.is_literal) == (None, (f"{XSD}gYear", f"{XSD}date"), True)
    assert books.main.date_field == year
    assert (writer.node_class, writer.attribution_role, writer.create_missing) == (f"{EX}Person", f"{EX}Writer", True)
    assert (reviews.inverse, reviews.path, reviews.node_class) == (True, f"{EX}reviewOf", f"{EX}Review")
    assert books.main.by_path(f"{EX}reviewOf") is None
    assert books.main.by_path(f"{EX}reviewOf", inverse=True) == reviews
    assert field(books, "note").hidden, "a field of a shape that is taken over with sh:node"
    assert [f.key for f in books.main.facets()] == ["creator", "theme"]
    assert [f.key for f in books.main.columns()] == [f.key for f in books.main.searched()] == ["title"]


def test_rules_are_no_fields_and_their_constraints_count(books: Model) -> None:
    theme = field(books, "theme")
    assert (theme.scheme, theme.max_count, theme.is_literal) == (f"{EX}themes", 3, False)
    assert theme.import_map == {"poetry": ox.NamedNode(f"{EX}poems"), "none": ox.Literal("no theme")}


def test_paths_too_rich_to_show_are_listed(books: Model) -> None:
    assert books.unshown == (f"{EX}Book-deep",)


ONE = 'ex:S a sh:NodeShape ; sh:targetClass ex:Book ; kg:kind "book" ; sh:property ex:P'


def test_a_second_shape_of_a_property_without_name_is_a_rule() -> None:
    found = model(f'{ONE}, ex:Q . ex:Q sh:path ex:p ; sh:name "P"@en . ex:P sh:path ex:p ; sh:datatype xsd:date .')
    assert [(f.key, f.iri, f.datatype) for f in found.main.fields] == [("p", f"{EX}Q", f"{XSD}date")]


def test_two_keys_for_one_property_are_two_fields() -> None:
    found = model(
        f'{ONE}, ex:Q . ex:P sh:path ex:p ; sh:name "A"@en ; kg:key "a" .'
        'ex:Q sh:path ex:p ; sh:name "B"@en ; kg:key "b" .'
    )
    assert [f.key for f in found.main.fields] == ["a", "b"]


def test_a_shape_may_refine_a_field_that_it_takes_over() -> None:
    found = model(
        f'{ONE} ; sh:node ex:T . ex:P sh:path ex:p ; sh:name "Mine"@en ; kg:key "p" . '
        'ex:T a sh:NodeShape ; sh:property [ sh:path ex:p ; sh:name "Theirs"@en ; kg:key "p" ; sh:maxCount 1 ] .'
    )
    assert [(f.label["en"], f.max_count) for f in found.main.fields] == [("Mine", 1)]


def test_sh_and_takes_over_too_and_what_is_deactivated_is_not_there() -> None:
    found = model(
        f'{ONE} ; sh:and ( ex:T ) . ex:P sh:path ex:p ; sh:name "P"@en ; sh:deactivated true . '
        'ex:T a sh:NodeShape ; sh:property [ sh:path ex:q ; sh:name "Q"@en ] . '
        "ex:Off a sh:NodeShape ; sh:targetClass ex:Gone ; sh:deactivated true ."
    )
    assert [f.key for f in found.main.fields] == ["q"]
    assert [c.iri for c in found.classes] == [f"{EX}Book"]


def test_several_shapes_of_one_class_are_one_class() -> None:
    found = model(
        'ex:A a sh:NodeShape ; sh:targetClass ex:Book ; sh:property [ sh:path ex:q ; sh:name "Q"@en ; sh:order 2 ] . '
        f'{ONE} . ex:P sh:path ex:p ; sh:name "P"@en ; sh:order 1 .'
    )
    assert (found.main.shape, [f.key for f in found.main.fields]) == (f"{EX}S", ["p", "q"])


def test_a_class_that_is_its_own_shape() -> None:
    found = model('ex:Book a rdfs:Class, sh:NodeShape ; kg:kind "book" ; rdfs:label "Book"@en .')
    assert (found.main.iri, found.main.label, found.main.plural) == (f"{EX}Book", {"en": "Book"}, {"en": "Book"})


def test_a_class_without_label_is_called_by_its_local_name() -> None:
    assert model(f'{ONE} . ex:P sh:path ex:p ; sh:name "P"@en .').main.label == {"": "Book"}


def test_rules_for_other_targets_are_no_classes() -> None:
    found = model(f'{ONE} . ex:P sh:path ex:p ; sh:name "P"@en . ex:R a sh:NodeShape ; sh:targetSubjectsOf ex:p .')
    assert len(found.classes) == 1


# ------------------------------------------------------------------ what is wrong with shapes (tests/cases/model/)
@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_wrong_shapes_are_told_clearly(path: Path) -> None:
    text = path.read_bytes()
    shapes = ox.serialize(ox.parse(text, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_QUADS) or b""
    with pytest.raises(ShapesError) as caught:
        load_model(shapes, b"")
    assert str(caught.value) == path.with_suffix(".txt").read_text("utf-8").strip()


def test_an_annotation_that_is_like_none_gets_the_list_of_all() -> None:
    with pytest.raises(ShapesError, match=r"kg:xyzzy, which does not exist; known are kg:\w+(, kg:\w+)+\.$"):
        model("ex:S kg:xyzzy true .")


# ------------------------------------------------------------------ the shapes as they are
def test_every_annotation_that_is_read_is_defined() -> None:
    source = "".join(path.read_text("utf-8") for path in (Path(__file__).parents[2] / "kggraph" / "model").glob("*.py"))
    used = {part.partition('"')[0] for part in source.split('f"{KG}')[1:]} - {"{annotation}", "{name}"}
    assert used <= known_annotations()
    assert {"kind", "facet", "ruleOf", "searchWeight"} <= known_annotations()
    assert not any(name.startswith(KG) for name in known_annotations())


def test_the_real_shapes(root: Path) -> None:
    settings = tomllib.loads((root / "kggraph.toml").read_text("utf-8"))
    folders = [
        b"".join(f.ntriples for f in read_folder(root / name, root=root, blank_nodes=True))
        for name in ("shapes", "ontology")
    ]
    real = load_model(*folders)
    languages = settings.get("languages", ["nl", "en"])
    assert real.main.kind == "item"
    for found in real.classes:
        for text in (found.label, found.plural):
            assert set(languages) <= text.keys(), found.iri
        for each in found.fields:
            assert set(languages) <= each.label.keys(), each.iri
        assert len({each.key for each in found.fields}) == len(found.fields)
    for scheme in real.schemes:
        assert set(languages) <= scheme.plural.keys(), scheme.iri
    assert {each.key for each in real.main.facets()} >= {"theme", "topic", "type"}
    assert real.main.date_field is not None
