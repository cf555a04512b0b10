"""Stores from files and folders."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, RdfFormat, Store

from kggraph.errors import ConfigError, GenerationError, SourceError
from kggraph.store.files import is_on_disk, open_store
from kggraph.store.on_disk import being_written, load, write_on_disk

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


def test_pieces_of_a_database_on_disk_share_their_blank_nodes(tmp_path: Path) -> None:
    """Labels of blank nodes mean something in one piece only, and the graphs of the shapes share them."""
    plain = b"".join(b'<x:%d> <x:p> "_:b%d" .\n' % (n, n) for n in range(50))
    blank = b"_:a <x:p> _:b .\n_:b <x:q> <x:c> .\n<x:d> <x:r> _:a <x:g> .\n_:b <x:q> <x:c> <x:g> .\n"
    path = tmp_path / "quads.nq"
    path.write_bytes(plain + blank + plain.replace(b"x:p", b"x:r"))
    whole = Store()
    whole.bulk_load(path=str(path), format=RdfFormat.N_QUADS)
    for bytes_ in (1, 100, 1000, 1 << 20):
        load(path, tmp_path / str(bytes_), bytes_)
        store = Store.read_only(str(tmp_path / str(bytes_)))
        assert canonical(store) == canonical(whole), bytes_


def test_pieces_are_no_more_than_files_that_may_be_open(tmp_path: Path) -> None:
    (tmp_path / "quads.nq").write_bytes(b"".join(b"<x:%d> <x:p> <x:o> .\n" % number for number in range(2000)))
    code = f"""
import resource
from pathlib import Path
from pyoxigraph import Store
from kggraph.store.on_disk import load

resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
folder = Path({str(tmp_path)!r})
load(folder / "quads.nq", folder / "rocksdb", 1)
store = Store(str(folder / "rocksdb"))
store.optimize()
print(len(store))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "2000\n", done.stderr


def test_quads_are_loaded_while_they_are_written(tmp_path: Path) -> None:
    plain = [b'<x:%d> <x:p> "%d" .\n' % (n, n) for n in range(300)]
    written = b"".join([*plain, b"_:a <x:p> _:b .\n", b"_:b <x:q> <x:c> <x:g> .\n", b"<x:last> <x:p> <x:o> ."])
    path = tmp_path / "quads.nq"
    with being_written(path).open("wb", buffering=0) as file, ThreadPoolExecutor() as threads:
        loading = threads.submit(load, path, tmp_path / "rocksdb", 100, len(written))
        # Lines and pieces end elsewhere.
        for start in range(0, len(written), 97):
            file.write(written[start : start + 97])
            time.sleep(0.002)
        assert not loading.done()
        being_written(path).rename(path)
        loading.result()
    whole = Store()
    whole.bulk_load(input=written, format=RdfFormat.N_QUADS)
    assert canonical(Store.read_only(str(tmp_path / "rocksdb"))) == canonical(whole)


def test_quads_that_are_given_up_are_waited_for_no_longer(tmp_path: Path) -> None:
    part = being_written(tmp_path / "quads.nq")
    part.write_bytes(b"<x:a> <x:p> <x:b> .\n")
    with ThreadPoolExecutor() as threads:
        making = threads.submit(write_on_disk, tmp_path, 100)
        time.sleep(0.5)
        assert not making.done()
        part.unlink()
        with pytest.raises(
            GenerationError, match=r"could not be made: .*quads\.nq was given up before it was complete\.$"
        ):
            making.result()


def canonical(store: Store) -> set[str]:
    dataset = Dataset(store)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return set(map(str, dataset))


@pytest.mark.parametrize(
    ("quads", "sentence"),
    [
        (b"<x:a> <x:p> nothing .\n", r"The database on disk could not be made: .*line 1.*\.$"),
        (None, r"The database on disk could not be made: .*No such file.*\.$"),
    ],
)
def test_a_database_on_disk_that_cannot_be_made(tmp_path: Path, quads: bytes | None, sentence: str) -> None:
    if quads:
        (tmp_path / "quads.nq").write_bytes(quads)
    with pytest.raises(GenerationError, match=sentence):
        write_on_disk(tmp_path)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="RDF format"):
        open_store(tmp_path / "data.xlsx")
    with pytest.raises(SourceError, match=r"^none\.ttl: It cannot be read"):
        open_store(tmp_path / "none.ttl")
    (tmp_path / "bad.ttl").write_text("<x:a> <x:b>\n  y:c .")
    with pytest.raises(SourceError, match=r"^bad\.ttl:2:3: The prefix y: has not been declared\.$"):
        open_store(tmp_path / "bad.ttl")
    (tmp_path / "quads.nq").write_text("<x:a> <x:b> nothing .\n")
    with pytest.raises(SourceError, match=r"^quads\.nq:1:"):
        open_store(tmp_path)
