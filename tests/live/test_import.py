"""Thirty unseen records into a copy of the main knowledge base, by the real command."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from tests.live.conftest import environment

pytestmark = pytest.mark.live

RECORDS = Path(__file__).parent.parent / "cases" / "import" / "unseen30.jsonl"
SW = "https://w3id.org/studentenwelzijn/def#"
JSON = ox.QueryResultsFormat.JSON


@pytest.fixture(scope="module")
def kb(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the main knowledge base."""
    copy = tmp_path_factory.mktemp("import") / "kb"
    copy.mkdir()
    shutil.copy(root / "kggraph.toml", copy)
    for folder in ("ontology", "shapes", "data", "queries"):
        shutil.copytree(root / folder, copy / folder)
    return copy


def kggraph(kb: Path, *arguments: str) -> str:
    """Standard output of a command that must succeed."""
    command = [sys.executable, "-m", "kggraph", "--root", str(kb), *arguments]
    told = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stderr == ""
    return told.stdout


def test_thirty_unseen_records_become_items(kb: Path) -> None:
    records = [json.loads(line) for line in RECORDS.read_text("utf-8").splitlines()]
    before = {path: path.read_bytes() for path in (kb / "data").rglob("*.ttl")}
    made = kggraph(kb, "import", str(RECORDS))
    assert re.fullmatch(r"Imported 30 records: 39 new files, 0 changed, 0 unchanged\.\n", made)
    assert {path: path.read_bytes() for path in before} == before
    assert {path.stem for path in (kb / "data" / "items").glob("proefrecord-*")} == {r["slug"] for r in records}
    assert kggraph(kb, "import", str(RECORDS)) == "Imported 30 records: 0 new files, 0 changed, 30 unchanged.\n"

    store = ox.Store()
    for file in (kb / "data").rglob("*.ttl"):
        store.bulk_load(path=str(file), format=ox.RdfFormat.TURTLE)

    def count(pattern: str) -> int:
        told = json.loads(store.query(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}").serialize(format=JSON))
        return int(told["results"]["bindings"][0]["n"]["value"])

    ours = 'FILTER(CONTAINS(STR(?i), "/id/item/proefrecord-"))'
    assert count(f"?i a <{SW}Item>") == 528
    for key, prop in (("themes", "theme"), ("topics", "topic"), ("types", "itemType"), ("groups", "group")):
        assert count(f"?i <{SW}{prop}> ?o {ours}") == sum(len(record[key]) for record in records)
    printed = sum(len(record[key]) for record in records for key in ("publishers", "institutions", "authors"))
    assert count(f"?i <http://www.w3.org/ns/prov#qualifiedAttribution>/<{SW}printedName> ?o {ours}") == printed
    trimbos = "https://w3id.org/studentenwelzijn/id/organisation/trimbos"
    wanted = sum(record["publishers"] == ["Trimbos Instituut"] for record in records)
    assert wanted and count(f"?i <http://purl.org/dc/terms/publisher> <{trimbos}> {ours}") == wanted
