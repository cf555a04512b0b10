"""Works made by hand, for tests of what is made from works."""

from __future__ import annotations

from typing import Any

from kggraph.publish.names import Name
from kggraph.publish.work import Work

HOSTILE = '</title><script>alert(1)</script> "q" \' & \\ {b}} %$#_^~ \u202e\x07\r\nER  - \r\n@misc{y,\n} ]]> \ue000'


def name(text: str, *, is_person: bool = False, family: str = "", given: str = "") -> Name:
    """A maker with only a name."""
    return Name("", text, {"": text}, is_person, family, given)


def work(**changes: Any) -> Work:
    """A plain work, with some of it changed."""
    fields: dict[str, Any] = {
        "iri": "https://e.org/id/item/w",
        "page": "https://e.org/doc/item/w",
        "types": (),
        "titles": {"en": "A title"},
        "labels": {"en": "A title"},
        "alternatives": {},
        "description": {"en": "Text.", "nl": "Tekst."},
        "authors": (name("Ada Lovelace", is_person=True, family="Lovelace", given="Ada"),),
        "contributors": (),
        "publishers": (name("Institute"),),
        "issued": "",
        "doi": "",
        "identifiers": (),
        "url": "https://e.org/w",
        "languages": ("en",),
        "genres": (),
        "subjects": (),
        "audiences": (),
        "countries": (),
        "license": "",
        "rights": "",
        "same_as": (),
    }
    return Work(**{**fields, **changes})


def hostile() -> Work:
    """A work in which every text tries to get out of its place."""
    names = (name(HOSTILE), name(f"{HOSTILE} X", is_person=True, family=HOSTILE, given=HOSTILE))
    return work(
        iri="https://e.org/id/item/x",
        titles={"en": HOSTILE},
        labels={"en": HOSTILE},
        description={"en": HOSTILE},
        authors=names,
        contributors=names,
        publishers=names[:1],
        issued=HOSTILE,
        rights=HOSTILE,
    )
