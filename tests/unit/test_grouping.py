"""Counts of groups that bitmaps cannot tell, or that only look so, go to the engine as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from kggraph.rdf import ntriples
from kggraph.store.grouping import counted
from kggraph.store.overlay import Overlay
from kggraph.store.tally import Tally, TallyWriter, read_tally

TRIPLES = b'<x:a> <x:p> <x:1> .\n<x:a> <x:q> <x:2> .\n<x:b> <x:p> <x:1> .\n<x:b> <x:r> <x:1> .\n<x:c> <x:r> "1" .\n'
COUNT = "SELECT ?v (COUNT(?s) AS ?n) { ?s %s ?v } GROUP BY ?v"


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    return tally_of(TRIPLES, tmp_path)


def tally_of(triples: bytes, folder: Path) -> Tally:
    writer = TallyWriter(())
    writer.add(ntriples.rows(triples))
    writer.write(folder)
    found = read_tally(folder, Overlay())
    assert found
    return found


def test_numbers_stand_in_the_place_of_the_group(tally: Tally) -> None:
    query = "PREFIX : <x:> select ?v (count(distinct ?s) as ?n) where { ?s :p ?v ; :q :2 . } group by ?v order by ?v"
    assert counted(query, tally) == "PREFIX : <x:> SELECT ?v ?n { VALUES (?v ?n) { (<x:1> 1) } } order by ?v"


@pytest.mark.parametrize(
    "query",
    [
        COUNT % "<x:r>",
        COUNT % "<x:unknown>",
        COUNT % "<p>",
        COUNT % "<x:/a/../p>",
        "PREFIX x: <x> " + COUNT % "x::p",
        "PREFIX x: <x:> " + COUNT % "y:p",
        "BASE <x:> " + COUNT % "<x:p>",
        COUNT.replace("{", "FROM <x:g> {") % "<x:p>",
        f"SELECT * {{ GRAPH <x:g> {{ {{ {COUNT % '<x:p>'} }} }} }}",
        f"SELECT * {{ ?v <x:p> ?w FILTER EXISTS {{ {{ {COUNT % '<x:p>'} }} }} }}",
        COUNT.replace("SELECT", "SELECT DISTINCT") % "<x:p>",
        COUNT % "<x:p>" + " HAVING (COUNT(?s) > 1)",
        COUNT % "<x:p>" + " ORDER BY COUNT(?s)",
        COUNT % "<x:p>" + " ?s",
        "SELECT (COUNT(*) AS ?n) { ?s <x:p> <x:1> } GROUP BY STR(1)",
        "SELECT ?v (COUNT(?s) AS ?n) { ?s <x:p>/<x:q> ?v } GROUP BY ?v",
        "SELECT ?v (COUNT(?v) AS ?n) { ?s <x:p> ?v } GROUP BY ?v",
        "SELECT ?v (SUM(?s) AS ?n) { ?s <x:p> ?v } GROUP BY ?v",
        "SELECT (COUNT(?s) AS ?n) { ?s <x:p> ?v }",
        "SELECT ?v (COUNT(?s) AS ?n) { ?s <x:p> ?v",
        "SELECT ?v (COUNT(?s) AS",
        "PREFIX",
    ],
)
def test_all_else_is_left_as_it_is(tally: Tally, query: str) -> None:
    assert counted(query, tally) == query


def test_too_many_combinations_are_left_to_the_engine(tmp_path: Path) -> None:
    triples = b"".join(b"<x:s%d> <x:p> <x:%d> .\n" % (number, number) for number in range(101))
    tally = tally_of(triples, tmp_path)
    assert tally.counts([b"<x:p>"], [])
    assert tally.counts([b"<x:p>", b"<x:p>"], []) is None
