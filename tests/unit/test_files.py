"""Stores from files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store

from kggraph.errors import ConfigError, SourceError
from kggraph.store.files import is_on_disk, open_store, write_on_disk

QUADS = b"<x:a> <x:p> <x:b> .\n<x:a> <x:p> <x:c> <x:g> .\n"


@pytest.mark.parametrize("suffix", [".ttl", ".nt", ".nq", ".trig", ".rdf", ".jsonld"])
def test_every_format_of_rdf(tmp_path: Path, suffix: str) -> None:
    store = Store()
    store.load(QUADS, format=RdfFormat.N_QUADS)
    path = tmp_path / f"data{suffix}"
    rdf_format = RdfFormat.from_extension(suffix[1:])
    assert rdf_format
    has_graphs = suffix in (".nq", ".trig", ".jsonld")
    if has_graphs:
        store.dump(path, format=rdf_format)
    else:
        store.dump(path, format=rdf_format, from_graph=NamedNode("x:g"))
    assert len(open_store(path)) == (2 if has_graphs else 1)


def test_a_store_is_opened_from_memory_or_disk(tmp_path: Path) -> None:
    (tmp_path / "quads.nq").write_bytes(QUADS)
    assert not is_on_disk(tmp_path) and len(open_store(tmp_path)) == 2
    write_on_disk(tmp_path)
    assert is_on_disk(tmp_path) and len(open_store(tmp_path)) == 2
    assert (tmp_path / "quads.nq").read_bytes() == QUADS


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="RDF format"):
        open_store(tmp_path / "data.xlsx")
    with pytest.raises(SourceError, match=r"^none\.ttl: It cannot be read"):
        open_store(tmp_path / "none.ttl")
    (tmp_path / "bad.ttl").write_text("<x:a> <x:b>\n  y:c .")
    with pytest.raises(SourceError, match=r"^bad\.ttl:2:3: The prefix y: has not been declared\.$"):
        open_store(tmp_path / "bad.ttl")
