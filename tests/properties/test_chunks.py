"""Random data in chunks: the results of all chunks together equal those of the whole, always."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kggraph.publish.gate import Outcome, Rules, validated
from kggraph.publish.pool import Pool
from kggraph.publish.spool import Segment, SpooledFile, objects_of
from kggraph.validation.reach import read_reach
from kggraph.validation.targets import read_targets
from tests.properties.test_incremental import AXIOMS, EX, FULL, SHAPES, links, types, written

REACH = read_reach(SHAPES)
RULES = Rules(SHAPES, tuple(read_targets(SHAPES)), {f"{EX}D": (f"{EX}E",)}, AXIOMS, REACH)


def segment(path: Path, files: list[bytes]) -> Segment:
    """Files of one thing each, as the build reads them."""
    assert REACH is not None
    spooled, start = [], 0
    for data in files:
        thing = data.partition(b" ")[0][1:-1].decode()
        points_at = objects_of(data, REACH.backwards)
        spooled.append(SpooledFile(f"{thing}.ttl", "", start, len(data), (thing,), points_at))
        start += len(data)
    path.write_bytes(b"".join(files))
    return Segment(path, tuple(spooled), 0)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(many=False) as made:
        yield made


@settings(max_examples=60, deadline=None)
@given(data=st.sets(links | types, min_size=16, max_size=48), size=st.integers(1, 2))
def test_chunks_give_what_the_whole_gives(pool: Pool, data: set[tuple[str, str, str]], size: int) -> None:
    # Every node that is named, pointed at or not, is described: in sources nothing is a focus node otherwise.
    data = data | {(f"<{EX}{name}>", f"<{EX}t>", '"x"') for name in "ab"}
    subjects = sorted({row[0] for row in data})
    files = [written({row for row in data if row[0] == subject}) for subject in subjects]
    outcome = Outcome()
    with TemporaryDirectory() as folder:
        parts = [files[start : start + size] for start in range(0, len(files), size)]
        segments = [segment(Path(folder) / f"{number}.nt", part) for number, part in enumerate(parts)]
        assert list(validated(segments, RULES, pool, outcome)) == segments
    assert outcome.report() == FULL.report(written(data) + AXIOMS)
