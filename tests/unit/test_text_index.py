"""The text index of a generation is the same whether items are read in this process or in others."""

from __future__ import annotations

from pathlib import Path

import pytest

from kggraph.build import open_current
from kggraph.config import Settings
from kggraph.publish import text_index
from kggraph.publish.pool import Pool


def test_other_processes_read_the_same(
    main_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = open_current(main_settings)
    model, facets = generation.model(), generation.facets()
    path = generation.quads_path.parent.parent / "descriptions.sqlite"
    told: list[int] = []

    def files(name: str, pool: Pool | None) -> dict[str, bytes]:
        folder = tmp_path / name
        text_index.write_text_index(folder, model, path, facets, main_settings.languages, pool=pool, done=told.append)
        return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    here = files("here", None)
    assert told == [facets.size]
    monkeypatch.setattr(text_index, "BATCH", 150)
    with Pool(many=True) as pool:
        elsewhere = files("elsewhere", pool)
    assert told[1:] == [min(start + 150, facets.size) for start in range(0, facets.size, 150)]
    assert here.keys() == elsewhere.keys() >= {"postings.bin", "search.sqlite", "spelling.bin"}
    assert [name for name in here if here[name] != elsewhere[name]] == []
