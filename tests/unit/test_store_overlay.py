"""A patched store has the triples that it should have, in memory and on disk, and so has a host that is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store

from kggraph.serving.host import Held, QueryHost
from kggraph.store.client import QueryClient
from kggraph.store.files import open_store
from kggraph.store.limits import HostLimits
from kggraph.store.on_disk import write_on_disk
from kggraph.store.overlay import base_of, lay_over, patch_on_disk, read_overlay, write_patched
from kggraph.store.protocol import QueryRequest

BASE = (
    '<x:a> <x:p> <x:b> .\n<x:a#1> <x:p> "10.00"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n'
    '<x:b> <x:p> "b" .\n<x:v> <x:p> "1" <x:graph> .\n'
)
A, B = BASE.encode().splitlines(keepends=True)[:2], BASE.encode().splitlines(keepends=True)[2]
NEW_A = b'<x:a> <x:p> "new" .\n<x:a#1> <x:p> "10"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n'
C = b"<x:c> <x:p> <x:a> .\n"


@pytest.fixture(params=[False, True], ids=["in memory", "on disk"])
def first(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The store folder of a generation."""
    folder = tmp_path / "first" / "store"
    folder.mkdir(parents=True)
    (folder / "quads.nq").write_text(BASE)
    if request.param:
        write_on_disk(folder)
    return folder


def patched(base: Path, name: str, replaced: dict[str, tuple[bytes, bytes]], graph: str) -> Path:
    folder = base.parent.parent / name / "store"
    folder.parent.mkdir()
    write_patched(base, folder, replaced, {"x:graph": f'<x:v> <x:p> "{graph}" .\n'.encode()})
    if (base / "rocksdb").is_dir():
        patch_on_disk(base, folder)
    return folder


def rows(folder: Path) -> list[str]:
    return sorted(map(str, open_store(folder)))


def expected(*parts: bytes) -> list[str]:
    store = Store()
    store.load(b"".join(parts), format=RdfFormat.N_QUADS)
    return sorted(map(str, store))


def test_patches_of_patches(first: Path) -> None:
    own = {"x:a": (b"".join(A), NEW_A), "x:c": (b"", C)}
    second = patched(first, "second", own, "2")
    third = patched(second, "third", {"x:b": (B, b""), "x:a": (NEW_A, b"".join(A)), "x:c": (C, b"")}, "3")
    fourth = patched(third, "fourth", {"x:b": (b"", B)}, "1")
    assert rows(second) == expected(NEW_A, B, C, b'<x:v> <x:p> "2" <x:graph> .\n')
    assert rows(third) == expected(*A, b'<x:v> <x:p> "3" <x:graph> .\n')
    assert rows(fourth) == rows(first) == expected(BASE.encode())
    assert {base_of(one) for one in (first, second, third, fourth)} == {"first"}


@pytest.mark.parametrize("first", [False], indirect=True)
def test_any_patch_is_reached_from_any_other(first: Path) -> None:
    second = patched(first, "second", {"x:a": (b"".join(A), NEW_A), "x:c": (b"", C)}, "2")
    third = patched(second, "third", {"x:b": (B, b""), "x:c": (C, C + b"<x:c> <x:p> <x:c> .\n")}, "3")
    for start in (first, second, third):
        for end in (second, third):
            store = open_store(start)
            lay_over(store, read_overlay(end), read_overlay(start))
            assert sorted(map(str, store)) == rows(end)


def test_a_host_goes_over_to_a_patch_and_back_without_being_started_anew(first: Path) -> None:
    second = patched(first, "second", {"x:a": (b"".join(A), NEW_A)}, "2")
    held = [Held(first, "first")]
    path = first.parent.parent / "query"
    host = QueryHost(path, lambda: held[0], HostLimits(workers=1))
    host.start()
    process = host._process
    try:
        for folder, version, found in (
            (second, "second", b"new"),
            (first, "first", b"x:b"),
            (second, "second", b"new"),
        ):
            held[0] = Held(folder, version)
            assert host.watch() == f"Generation {version} is served now."
            client = QueryClient(path)
            answer = client.query(QueryRequest("SELECT ?o { <x:a> <x:p> ?o }", "text/csv"))
            assert found in answer.read()
            assert answer.version == version
            client.close()
            assert host._process is process
    finally:
        host.stop()
