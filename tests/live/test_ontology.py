"""The ontology, the shapes and the vocabularies, by tools of others: HermiT, owlrl, SHACL-SHACL and skosify."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
import skosify
from rdflib import DCTERMS, RDF, SKOS

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
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.endswith("failures: 0\n"), done.stdout + done.stderr[-2000:]
    assert "ok   HermiT: ontology and data consistent" in done.stdout
    assert done.returncode == 0


# skosify leaves its files open.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("file", SCHEMES, ids=lambda path: path.stem)
def test_skosify_has_nothing_to_say(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    # One scheme at a time: several in one graph it takes for a mistake.
    with caplog.at_level(logging.WARNING):
        found = skosify.skosify(str(file), mark_top_concepts=False, label=None)
    assert list(found.subjects(RDF.type, SKOS.Concept))
    assert all(found.value(scheme, DCTERMS.title) for scheme in found.subjects(RDF.type, SKOS.ConceptScheme))
    # It looks for names of schemes in rdfs:label only; ours are dcterms:title, as the profile wants.
    said = [line for line in caplog.messages if "Concept scheme has no label" not in line]
    assert said == []
