"""An example of every kind of page, under the route that `/openapi.json` tells; a route with a page must be here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ITEMS: Final = tuple(path.stem for path in sorted((ROOT / "data" / "items").glob("*.ttl"))[40:42])
ABOUT_SUICIDE: Final = "/doc/topic/suicidepreventie"
ITEM: Final = f"/doc/item/{ITEMS[0]}"
PAIR: Final = f"item={ITEMS[0]}&item={ITEMS[1]}"


def _first(folder: str) -> str:
    return min((ROOT / "data" / folder).glob("*.ttl")).stem


KINDS: Final[dict[str, tuple[str, ...]]] = {
    "/": ("/",),
    "/items": (
        "/items",
        "/items?q=eenzaamheid&topic=eenzaamheid",
        "/items?topic=suicidepreventie",
        "/items?q=eenzaamhied",
        "/items?q=xqzxqz&type=onderzoek",
    ),
    "/{list}": ("/organisations", "/topics"),
    "/doc/{kind}/{slug}": (
        ITEM,
        ABOUT_SUICIDE,
        "/doc/theme/leren",
        "/doc/type/onderzoek",
        "/doc/organisation/ecio",
        f"/doc/person/{_first('people')}",
        f"/doc/initiative/{_first('initiatives')}",
        "/doc/scheme/themes-stepchange-2020",
        "/doc/mapping/audience-docenten-unesco-concept1095",
        "/doc/dataset/kennisbank",
    ),
    "/doc/{kind}/{slug}/{version}": ("/doc/scheme/themes-stepchange-2020/2020",),
    "/browse": ("/browse",),
    "/gaps": ("/gaps",),
    "/stats": ("/stats",),
    "/crosswalk": ("/crosswalk",),
    "/compare": (f"/compare?{PAIR}", "/compare"),
    "/around": (f"/around?item={ITEMS[0]}",),
    "/list": (f"/list?{PAIR}", "/list"),
    "/queries": ("/queries",),
    "/sparql": ("/sparql", "/sparql?query=SELECT+%2A+%7B+%3Fa+%3Fb+%3Fc+%7D+LIMIT+5"),
    "/dataset": ("/dataset",),
    "/quality": ("/quality", "/quality?list=date-item-issued", f"/quality?thing=item%2F{ITEMS[0]}"),
    "/validate": ("/validate",),
    "/def": ("/def",),
    "/def/{version}": ("/def/1.0.0",),
    "/shapes": ("/shapes",),
    "/shapes/{version}": ("/shapes/1.0.0",),
    "/about": ("/about",),
    "/accessibility": ("/accessibility",),
    "/reconcile/preview": (f"/reconcile/preview?id=item%2F{ITEMS[0]}",),
}
PROBLEMS: Final = ("/nowhere", "/items?date=2020..2010")
"""Pages that say what is wrong."""
