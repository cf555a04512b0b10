"""The description of the dataset: the catalogue, schema.org, VoID, and what the endpoint says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import Graph

from kggraph.build import build, open_current
from kggraph.config import Settings, load
from kggraph.publish.catalog import catalog
from kggraph.publish.dataset import DatasetFacts, dataset_facts
from kggraph.publish.generation import Generation
from kggraph.publish.jsonld_page import script
from kggraph.publish.schemaorg_dataset import dataset_jsonld
from kggraph.publish.service import FORMATS, format_iri, service_description
from kggraph.rdf.media import DATASET_FORMATS, RDF_FORMATS, RESULT_FORMATS
from kggraph.terms import SKOS, VOID

DCAT_AP_NL = ("dcat-ap-nl-SHACL.ttl", "dcat-ap-nl-SHACL-klassebereik.ttl")


@pytest.fixture(scope="module")
def generation(main_settings: Settings) -> Generation:
    """The main knowledge base, built."""
    return open_current(main_settings)


@pytest.fixture(scope="module")
def facts(generation: Generation) -> DatasetFacts:
    """What is known of its dataset."""
    return facts_of(generation)


@pytest.fixture(scope="module")
def other(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """A knowledge base that says nothing of its dataset."""
    return build(load(root / "tests" / "kb_bridges", {}, {"build_dir": str(tmp_path_factory.mktemp("bridges"))}))


def facts_of(generation: Generation) -> DatasetFacts:
    """The facts of a generation."""
    ontology = generation.ontology_path.read_bytes()
    descriptions = generation.descriptions()
    found = dataset_facts(generation.manifest, generation.model(), descriptions, ontology, ("nl", "en"))
    descriptions.close()
    return found


def select(ntriples: bytes, query: str) -> set[tuple[str, ...]]:
    """Solutions of a query, as texts."""
    store = ox.Store()
    store.load(ntriples, ox.RdfFormat.N_TRIPLES)
    found = store.query(f"PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX void: <{VOID}> {query}")
    assert isinstance(found, ox.QuerySolutions)
    return {tuple(str(getattr(term, "value", "")) for term in solution) for solution in found}


def as_ntriples(data: dict[str, object]) -> bytes:
    """JSON-LD as N-Triples; nothing is fetched."""
    parsed = ox.parse(json.dumps(data).encode(), ox.RdfFormat.JSON_LD)
    return ox.serialize((quad.triple for quad in parsed), format=ox.RdfFormat.N_TRIPLES) or b""


def results(ntriples: bytes, shapes: list[Path]) -> list[str]:
    """What pySHACL has against a graph."""
    from pyshacl import validate

    data, shacl = Graph(), Graph()
    data.parse(data=ntriples, format="nt")
    for path in shapes:
        shacl.parse(path)
    conforms, _, text = validate(data, shacl_graph=shacl, inference="none", advanced=False)
    return [] if conforms else [text]


def test_no_violation_of_dcat_ap_nl(facts: DatasetFacts, shared: Path) -> None:
    shapes = [shared / "suites" / "dcat-ap-nl" / name for name in DCAT_AP_NL]
    assert not results(catalog(facts), shapes)


def test_the_profile_would_find_what_is_missing(facts: DatasetFacts, shared: Path) -> None:
    without = b"\n".join(line for line in catalog(facts).splitlines() if b"contactPoint" not in line)
    assert results(without, [shared / "suites" / "dcat-ap-nl" / DCAT_AP_NL[0]])


def test_every_dump_has_its_size_and_checksum(facts: DatasetFacts, generation: Generation) -> None:
    found = select(
        catalog(facts),
        "SELECT ?url ?size ?sum { ?d dcat:downloadURL ?url ; dcat:byteSize ?size ; "
        "<http://spdx.org/rdf/terms#checksum>/<http://spdx.org/rdf/terms#checksumValue> ?sum }",
    )
    files = generation.manifest.files
    assert found == {
        (f"{facts.base_uri}{name}", str(entry.size), entry.sha256)
        for name, entry in files.items()
        if name.startswith("dumps/")
    }
    assert len(found) >= 2


def test_version_licence_and_addresses(facts: DatasetFacts) -> None:
    graph = catalog(facts)
    assert select(graph, "SELECT ?v { ?d a dcat:Dataset ; dcat:version ?v }") == {(facts.version,)}
    licences = select(graph, "SELECT ?l { ?d a dcat:Distribution ; <http://purl.org/dc/terms/license> ?l }")
    assert licences == {("https://creativecommons.org/licenses/by/4.0/",)}
    services = select(graph, "SELECT ?u { ?s a dcat:DataService ; dcat:endpointURL ?u }")
    assert services == {(facts.base_uri + path,) for path in ("sparql", "oai", "reconcile")}


def test_nothing_is_made_up_for_a_dataset_without_facts(other: Generation) -> None:
    facts = facts_of(other)
    graph = catalog(facts)
    assert facts.publisher is None
    assert not select(graph, "SELECT ?p { ?d a dcat:Dataset ; <http://purl.org/dc/terms/publisher> ?p }")
    assert not select(graph, "SELECT ?c { ?d dcat:contactPoint ?c }")
    assert select(graph, "SELECT ?d { ?d a dcat:Dataset }") == {("https://example.org/bridges/dataset#dataset",)}
    assert "publisher" not in dataset_jsonld(facts)


def test_schema_org_has_what_the_register_requires(facts: DatasetFacts) -> None:
    rows = select(
        as_ntriples(dataset_jsonld(facts)),
        """PREFIX s: <https://schema.org/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT ?dataset ?publisher ?url ?format {
          ?dataset a s:Dataset ; s:name ?name ; s:description ?text ; s:license ?licence ; s:creator ?creator ;
            s:publisher ?publisher ; s:dateModified ?modified ; s:dateCreated ?created ; s:distribution ?file .
          ?publisher a s:Organization ; s:name ?called .
          ?file a s:DataDownload ; s:contentUrl ?url ; s:encodingFormat ?format ; s:contentSize ?size .
          FILTER(isIRI(?licence) && datatype(?url) = xsd:anyURI && LANG(?name) = "nl" && LANG(?text) = "nl"
            && LANG(?called) = "nl")
        }""",
    )
    assert {row[0] for row in rows} == {facts.iri}
    assert "text/turtle+gzip" in {row[3] for row in rows}
    one = dataset_jsonld(facts, lang="en")
    assert one["name"]["@language"] == "en"
    assert {word["@language"] for word in one["keywords"]} == {"en"}


def test_no_text_ends_the_script() -> None:
    text = script({"name": "</script><!-- & \u2028"})
    assert "<" not in text and "&" not in text
    assert json.loads(text) == {"name": "</script><!-- & \u2028"}


def test_void_counts_what_is_there(generation: Generation) -> None:
    graph = generation.void_path.read_bytes()
    manifest = generation.manifest
    classes = select(graph, "SELECT ?c ?n { ?d void:classPartition ?p . ?p void:class ?c ; void:entities ?n }")
    assert dict(classes) == {name: str(count) for name, count in manifest.classes.items()}
    quads = [line for line in generation.quads_path.read_bytes().splitlines() if b"/graph/" not in line.split()[-2]]
    counted = select(graph, "SELECT ?p ?n { ?d void:propertyPartition ?x . ?x void:property ?p ; void:triples ?n }")
    assert sum(int(count) for _, count in counted) == len(quads) == manifest.triples


def test_linksets_to_each_external_vocabulary(generation: Generation) -> None:
    found = select(
        generation.void_path.read_bytes(),
        "SELECT ?space ?predicate ?n { ?l a void:Linkset ; void:linkPredicate ?predicate ; void:triples ?n ; "
        "void:objectsTarget/void:uriSpace ?space ; void:subjectsTarget ?d . ?d a void:Dataset ; void:subset ?l }",
    )
    spaces = {space for space, _, _ in found}
    expected = {"http://www.wikidata.org/entity/", "http://eurovoc.europa.eu/", "https://ror.org/"}
    assert expected | {"https://schema.org/", "http://id.nlm.nih.gov/mesh/"} <= spaces
    assert not any("studentminds" in space for space in spaces)
    close = f"{SKOS}closeMatch"
    lines = generation.quads_path.read_bytes().splitlines()
    links = [s for s in lines if f"<{close}> <http://eurovoc.europa.eu/".encode() in s]
    assert ("http://eurovoc.europa.eu/", close, str(len(links))) in found


def test_void_names_the_dataset_and_some_of_its_things(generation: Generation, facts: DatasetFacts) -> None:
    found = select(generation.void_path.read_bytes(), "SELECT ?d ?e { ?d a void:Dataset ; void:exampleResource ?e }")
    assert {dataset for dataset, _ in found} == {facts.iri}
    descriptions = generation.descriptions()
    assert all(descriptions.get(example) for _, example in found)
    descriptions.close()


def test_the_endpoint_describes_itself() -> None:
    base = "https://e.org/"
    graphs = {f"{base}graph/void": 12, f"{base}graph/shapes": None}
    made = service_description(base, f"{base}id/dataset/a", 7, graphs, {"en": "SPARQL"})
    sd = "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>"
    assert select(made, f"{sd} SELECT ?e {{ ?s a sd:Service ; sd:endpoint ?e }}") == {("https://e.org/sparql",)}
    named = "sd:defaultDataset/sd:namedGraph ?g . ?g a sd:NamedGraph ; sd:name ?n"
    assert select(made, f"{sd} SELECT ?n {{ ?s {named} }}") == {(graph,) for graph in graphs}
    default = "sd:defaultDataset/sd:defaultGraph/void:triples ?n"
    assert select(made, f"{sd} SELECT ?n {{ ?s {default} }}") == {("7",)}
    formats = select(made, f"{sd} SELECT ?f {{ ?s sd:resultFormat ?f }}")
    assert len(formats) == len(FORMATS) == len({*RESULT_FORMATS, *RDF_FORMATS, *DATASET_FORMATS})
    assert not select(made, f"{sd} SELECT ?f {{ ?s sd:feature ?f }}")
    made = service_description(base, f"{base}id/dataset/a", 7, graphs, {"en": "SPARQL"}, federates=True)
    federated = "http://www.w3.org/ns/sparql-service-description#BasicFederatedQuery"
    assert select(made, f"{sd} SELECT ?f {{ ?s sd:feature ?f }}") == {(federated,)}
    assert format_iri("application/trig") == "http://www.w3.org/ns/formats/TriG"
