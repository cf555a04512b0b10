"""Write the data that come from the collected facts: `python tools/seed.py ../shared/source`.

Makes data/schemes, data/mappings, data/organisations, data/people and data/initiatives; the items themselves come by
`kggraph import`. Running it again gives the same bytes. Other files in those folders are left alone.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from seeding.agents import write_organisations, write_people
from seeding.facts import Facts
from seeding.initiatives import write_initiatives
from seeding.mappings import write_mappings
from seeding.schemes import write_own_schemes, write_schemes
from seeding.writing import Folder

ROOT = Path(__file__).resolve().parent.parent


def seed(source: Path, root: Path = ROOT) -> Folder:
    """Write every file that comes from the facts in `source` into the knowledge base in `root`."""
    facts, folder = Facts.read(source), Folder(root)
    write_schemes(facts, folder)
    write_own_schemes(facts, folder)
    write_mappings(facts, folder)
    write_organisations(facts, folder)
    write_people(folder)
    write_initiatives(facts, folder)
    return folder


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/seed.py FOLDER_WITH_THE_FACTS")
    made = seed(Path(sys.argv[1]))
    for name, count in sorted(Counter(path.parent.name for path in made.written).items()):
        print(f"{count:5} files in data/{name}")
