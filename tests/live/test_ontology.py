"""The ontology, the shapes and the vocabularies, by tools of others: HermiT, owlrl, SHACL-SHACL and skosify."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
import skosify
from rdflib import DCTERMS, RDF, SKOS, Graph, Literal

from tests.programs import program

pytestmark = pytest.mark.live
SCHEMES = sorted((Path(__file__).parent.parent.parent / "data" / "schemes").glob("*.ttl"))


@pytest.mark.shared
def test_ontology_data_and_shapes_have_no_contradiction(root: Path, shared: Path) -> None:
    program("java", "default-jre-headless")
    command = [sys.executable, str(shared / "tools" / "ontology_check.py"), str(root / "ontology/studentenwelzijn.ttl")]
    command += ["--namespace", "https://w3id.org/studentenwelzijn/def#"]
    command += ["--data", *map(str, sorted((root / "data").rglob("*.ttl")))]
    command += ["--shapes", *map(str, sorted((root / "shapes").glob("*.ttl")))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    assert done.stdout.endswith("failures: 0\n"), done.stdout + done.stderr[-2000:]
    assert "ok   HermiT: ontology and data consistent" in done.stdout
    assert done.returncode == 0


# What skosify would do itself, and says: it looks for names of schemes in rdfs:label only (ours are dcterms:title, as
# the profile wants), and of several schemes in one graph it takes one for concepts that have none.
ITS_OWN = ("Concept scheme has no label", "Multiple concept schemes found. Selecting")
# It leaves its files open.
quietly = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def skosify_says(graph: Graph, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What skosify finds wrong: labels, cycles, related beside broader, redundant relations, disjoint mappings."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        skosify.skosify(graph, mark_top_concepts=False, label=None)
    return [line for line in caplog.messages if not line.startswith(ITS_OWN)]


@quietly
@pytest.mark.parametrize("file", SCHEMES, ids=lambda path: path.stem)
def test_skosify_has_nothing_to_say(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    scheme = Graph().parse(file)
    assert list(scheme.subjects(RDF.type, SKOS.Concept))
    assert all(scheme.value(one, DCTERMS.title) for one in scheme.subjects(RDF.type, SKOS.ConceptScheme))
    assert skosify_says(scheme, caplog) == []


@quietly
def test_skosify_has_nothing_to_say_of_all_together(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = Graph()
    for file in (*SCHEMES, *sorted((root / "data" / "mappings").glob("*.ttl"))):
        whole.parse(file)
    assert len(list(whole.subjects(RDF.type, SKOS.ConceptScheme))) == len(SCHEMES) > 10
    # Not one concept is without a scheme, so there is none that the default scheme would be for.
    assert all(whole.value(concept, SKOS.inScheme) for concept in whole.subjects(RDF.type, SKOS.Concept))
    assert skosify_says(whole, caplog) == []


@quietly
def test_skosify_would_say_it(caplog: pytest.LogCaptureFixture) -> None:
    topics = Graph().parse(next(file for file in SCHEMES if file.stem == "topics"))
    narrow, broad = next(topics.subject_objects(SKOS.broader))
    topics.add((broad, SKOS.broader, narrow))
    topics.add((narrow, SKOS.related, broad))
    topics.add((narrow, SKOS.prefLabel, Literal("Anders", "nl")))
    said = skosify_says(topics, caplog)
    assert {line.split()[0] for line in said} >= {"Hierarchy", "Concepts"} and any("prefLabel" in line for line in said)
