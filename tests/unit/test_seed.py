"""`tools/seed.py`: the same facts always give the same files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from kggraph import config
from kggraph.rdf import turtle

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.shared
def test_seeding_gives_the_same_files_in_the_one_form(shared: Path, tmp_path: Path) -> None:
    made = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        shutil.copy(ROOT / "kggraph.toml", folder)
        script = (
            "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
            "import seed; seed.seed(Path(sys.argv[2]), Path(sys.argv[3]))"
        )
        command = [sys.executable, "-c", script, str(ROOT / "tools"), str(shared / "source"), str(folder)]
        subprocess.run(command, check=True, cwd=ROOT)
        files = {path.relative_to(folder): path.read_bytes() for path in (folder / "data").rglob("*.ttl")}
        made.append(files)
    assert made[0] == made[1]
    assert Counter(path.parts[1] for path in made[0]) == Counter(
        initiatives=67, mappings=10, organisations=93, people=16, schemes=16
    )
    prefixes = config.load(ROOT, {}).all_prefixes
    assert turtle.check_files(sorted((tmp_path / "first" / "data").rglob("*.ttl")), prefixes) == []


def test_seeding_needs_a_folder() -> None:
    run = subprocess.run([sys.executable, str(ROOT / "tools" / "seed.py")], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 1
    assert "usage" in run.stderr
