"""Names of makers, in the order and the form in which they are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from kggraph.model import LangText
from kggraph.publish.statements import Statements, Term, read_term
from kggraph.rdf.iris import local_name
from kggraph.terms import DCAT, PROV, RDF, XSD

PrintedOrders: TypeAlias = Mapping[str, Mapping[str, tuple[int, str]]]
"""Role -> agent -> place and printed name."""

_TEXTS = frozenset((f"{XSD}string", f"{RDF}langString"))


@dataclass(frozen=True, slots=True)
class Name:
    """A maker or publisher."""

    iri: str
    """Empty when only the name is known."""
    text: str
    """The name as printed, or else as it is called here."""
    labels: LangText
    is_person: bool
    family: str = ""
    """Family name of a person, where the name has more than one part."""
    given: str = ""
    particle: str = ""
    """What stands between them in small letters: `van der`."""

    @property
    def inverted(self) -> str:
        """Family name first, as reference managers sort and read it."""
        if not self.family:
            return self.text
        family = f"{self.particle} {self.family}" if self.particle else self.family
        return f"{family}, {self.given}" if self.given else family


def name_of(term: Term, printed: str, labels: LangText, *, is_person: bool) -> Name:
    """The name that a term stands for.

    :param printed: the name as the source prints it, if that is known.
    """
    text = printed or next(iter(labels.values()), "") or local_name(term.value)
    iri = term.value if term.is_iri else ""
    if not is_person:
        return Name(iri, text, labels, False)
    family, given, particle = split_name(text)
    return Name(iri, text, labels, True, family, given, particle)


def split_name(text: str) -> tuple[str, str, str]:
    """Family name, given names and particle by the rule of BibTeX ("First von Last"): a guess where no part is small.

    >>> split_name("Leonore M. de Wit"), split_name("Claudia van der Heijde"), split_name("Plato")
    (('Wit', 'Leonore M.', 'de'), ('Heijde', 'Claudia', 'van der'), ('', '', ''))
    """
    before, comma, after = text.partition(",")
    if comma:
        return before.strip(), after.strip(), ""
    words = text.split()
    if len(words) < 2 or any("(" in word or "&" in word for word in words):
        return "", "", ""
    small = [place for place, word in enumerate(words[:-1]) if place and word[:1].islower()]
    if not small:
        return words[-1], " ".join(words[:-1]), ""
    last = max(small)
    return " ".join(words[last + 1 :]), " ".join(words[: small[0]]), " ".join(words[small[0] : last + 1])


def printed_orders(said: Statements) -> PrintedOrders:
    """Role -> agent -> its place and its printed name, from the PROV attributions of a thing."""
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for told in said.parts.values():
        agents, roles = told.iris(f"{PROV}agent"), told.iris(f"{DCAT}hadRole")
        if not agents or not roles:
            continue
        literals = [read_term(term) for terms in told.written.values() for term in terms if term[0] == '"']
        place = next((int(term.value) for term in literals if term.value.isascii() and term.value.isdigit()), 1 << 29)
        name = next((term.value for term in literals if term.datatype in _TEXTS), "")
        for role in roles:
            agents_of_role = found.setdefault(role, {})
            agents_of_role[agents[0]] = min(agents_of_role.get(agents[0], (place, name)), (place, name))
    return found
