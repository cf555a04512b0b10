"""Comments of a Turtle file, and the things they are about."""

from __future__ import annotations

from dataclasses import dataclass, field

from kggraph.rdf.tokens import Token, places, tokens


@dataclass(slots=True)
class Notes:
    """The comments of a file, each with its `#`."""

    head: list[str] = field(default_factory=list)
    """Those above the prefixes."""
    about: dict[str, list[str]] = field(default_factory=dict)
    """IRI of a subject -> those above or in its statements."""
    foot: list[str] = field(default_factory=list)
    """Those below the last statement, or about a subject without IRI."""
    order: list[str] = field(default_factory=list)
    """IRIs of the subjects in the order of the file."""

    def text(self) -> str:
        """All comments, one a line."""
        about = (note for notes in self.about.values() for note in notes)
        return "\n".join([*self.head, *about, *self.foot])


def read_notes(text: str) -> Notes | None:
    """The comments of a Turtle text, or nothing when it has none.

    >>> read_notes("# the thing\\n<a:b> <a:c> 1 .").about
    {'a:b': ['# the thing']}
    """
    found = list(tokens(text))
    if not any(token.kind == "comment" for token in found):
        return None
    notes = Notes()
    subjects = {place.subject_at: place.subject for place in places(text)}
    notes.order = [iri for iri in dict.fromkeys(subjects.values()) if not iri.startswith("_:")]
    waiting: list[str] = []
    last: str | None = None
    position = 0
    while position < len(found):
        token = found[position]
        if token.kind == "comment":
            beside = last if position and "\n" not in text[found[position - 1].start : token.start] else None
            (notes.about.setdefault(beside, []) if beside and not waiting else waiting).append(token.text.rstrip())
            position += 1
            continue
        end = _end(found, position)
        inner = [other.text.rstrip() for other in found[position:end] if other.kind == "comment"]
        if token.kind == "directive":
            if last is None and not notes.about:
                notes.head += waiting
                waiting = []
            waiting += inner
        else:
            last = subjects.get(token.start, "_:")
            about = notes.foot if last.startswith("_:") else notes.about.setdefault(last, [])
            about += waiting + inner
            waiting = []
            last = None if last.startswith("_:") else last
        position = end
    notes.foot += waiting
    return notes


def _end(found: list[Token], start: int) -> int:
    """The position behind the statement or directive that begins at a position."""
    is_sparql = found[start].kind == "directive" and not found[start].text.startswith("@")
    for position in range(start, len(found)):
        token = found[position]
        if token.text == "." and token.kind == "mark" and not is_sparql:
            return position + 1
        if is_sparql and token.kind == "iri":
            return position + 1
    return len(found)
