"""The files to download: the same graph in each, and the same bytes for the same sources."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import zlib
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.build import build
from kggraph.config import load
from kggraph.errors import ConfigError
from kggraph.publish import dumps
from kggraph.publish.counts import read_counts
from kggraph.publish.dataset import dataset_facts
from kggraph.publish.generation import Generation
from tests.http.conftest import bridges

GRAPHS = {"dump.ttl.gz": ox.RdfFormat.TURTLE, "dump.jsonld.gz": ox.RdfFormat.JSON_LD}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Generation]:
    """The bridges built twice, in two folders."""
    return [build(bridges(tmp_path_factory.mktemp("dumps") / "kb")) for _ in range(2)]


def canonical(data: bytes, format: ox.RdfFormat) -> set[str]:
    """Quads with their lexical forms and canonical blank nodes."""
    dataset = ox.Dataset(ox.parse(data, format=format))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def test_the_same_bytes_again(made: list[Generation]) -> None:
    names = sorted(path.name for path in made[0].dumps_path.iterdir())
    assert names == ["dataset.trig.gz", "dump.jsonld.gz", "dump.nt.gz", "dump.ttl.gz", "items.csv.gz"]
    for name in names:
        assert (made[0].dumps_path / name).read_bytes() == (made[1].dumps_path / name).read_bytes(), name


def test_each_is_one_member(made: list[Generation]) -> None:
    # Readers that stop after the first member would miss what follows, and say nothing.
    for path in made[0].dumps_path.iterdir():
        reader = zlib.decompressobj(31)
        assert reader.decompress(path.read_bytes()) and reader.eof and not reader.unused_data, path.name


def test_large_data_are_packed_by_another_packer(
    made: list[Generation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quads, size = made[0].quads_path, read_counts(made[0].path).default_graph_bytes
    monkeypatch.setattr(dumps, "_LARGE", 0)
    dumps.write_turtle_and_trig(quads, size, tmp_path / "dump.ttl.gz", tmp_path / "dataset.trig.gz", {})
    dumps.write_ntriples(quads, size, tmp_path / "dump.nt.gz")
    dumps.write_jsonld(quads, size, tmp_path / "dump.jsonld.gz", {})
    for path in sorted(tmp_path.iterdir()):
        reader = zlib.decompressobj(31)  # it compares length and checksum with what the file says
        text = reader.decompress(path.read_bytes())
        assert reader.eof and not reader.unused_data, path.name
        format = GRAPHS.get(path.name, ox.RdfFormat.TRIG if "trig" in path.name else ox.RdfFormat.N_TRIPLES)
        known = gzip.decompress((made[0].dumps_path / path.name).read_bytes())
        assert canonical(text, format) == canonical(known, format), path.name


def test_one_graph_in_every_file(made: list[Generation]) -> None:
    folder = made[0].dumps_path
    expected = canonical(gzip.decompress((folder / "dump.nt.gz").read_bytes()), ox.RdfFormat.N_TRIPLES)
    for name, format in GRAPHS.items():
        assert canonical(gzip.decompress((folder / name).read_bytes()), format) == expected, name
    trig = canonical(gzip.decompress((folder / "dataset.trig.gz").read_bytes()), ox.RdfFormat.TRIG)
    quads = canonical(made[0].quads_path.read_bytes(), ox.RdfFormat.N_QUADS)
    assert trig == quads and len(trig) > len(expected)


def test_items_as_a_table(made: list[Generation]) -> None:
    text = gzip.decompress((made[0].dumps_path / "items.csv.gz").read_bytes()).decode()
    rows = {row["iri"]: row for row in csv.DictReader(io.StringIO(text))}
    base = "https://example.org/bridges/id/"
    assert len(rows) == made[0].manifest.kinds["bridge"]
    erasmus = rows[f"{base}bridge/erasmusbrug"]
    assert (erasmus["name@en"], erasmus["name@nl"], erasmus["name"]) == ("Erasmus Bridge", "Erasmusbrug", "")
    assert erasmus["form.iri"].split("\n") == [f"{base}form/cable-stayed", f"{base}form/movable"]
    assert erasmus["opened"] == "1996" and erasmus["designer"] == "Ben van Berkel"
    assert rows[f"{base}bridge/millau"]["name"] == "Viaduc de Millau"
    assert not [cell for row in rows.values() for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_who_to_ask(made: list[Generation], tmp_path: Path) -> None:
    generation = made[0]
    facts = dataset_facts(
        generation.manifest, generation.model(), generation.descriptions(), b"", ("en",), "info@example.org"
    )
    assert facts.contact_email == "info@example.org"
    shutil.copy(Path(__file__).parents[1] / "kb_bridges" / "kggraph.toml", tmp_path)
    assert load(tmp_path, {"KGGRAPH_CONTACT_EMAIL": "info@example.org"}).contact_email == "info@example.org"
    for wrong in ("nobody", "a@b c", "a@b>", "a@b\n", "mailto:a@b"):
        with pytest.raises(ConfigError):
            load(tmp_path, {}, {"contact_email": wrong})
