"""Headers that many answers share: how long they may be kept, what they vary by, and who may read and frame them."""

from __future__ import annotations

from typing import Final

from flask import Response

EXPOSED_HEADERS: Final = (
    "Link, ETag, Content-Location, X-Result-Truncated, X-Service-Failed, Server-Timing, Retry-After, RateLimit, "
    "RateLimit-Policy, X-Request-Id"
)
"""What scripts of other sites may read of an answer."""
VARY: Final = ("Vary", "Accept, Accept-Language")
VARY_PROFILE: Final = ("Vary", "Accept, Accept-Language, Accept-Profile")
# Items change when a generation is swapped in, which nobody can foresee: fresh for a minute, usable while asking anew.
FRESH: Final = "public, max-age=60, stale-while-revalidate=600"
KEPT_TIMING: Final = ("Server-Timing", 'cache;desc="kept";dur=0')
FOREVER: Final = "public, max-age=31536000, immutable"
NO_STORE: Final = "no-store"

EVERYWHERE: Final = (
    (
        "Content-Security-Policy",
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Access-Control-Allow-Origin", "*"),  # https://fetch.spec.whatwg.org/#http-cors-protocol: no credentials
    ("Access-Control-Expose-Headers", EXPOSED_HEADERS),
)


def say_what_is_allowed(response: Response) -> None:
    """Answer OPTIONS, and the question that browsers ask first: https://fetch.spec.whatwg.org/#cors-preflight-fetch."""
    methods = ", ".join(sorted(response.allow))
    response.headers["Access-Control-Allow-Methods"] = methods
    response.headers["Access-Control-Allow-Headers"] = (
        "Accept, Accept-Language, Accept-Profile, Content-Type, If-None-Match, Range"
    )
    response.headers["Access-Control-Max-Age"] = "86400"
    response.headers["Vary"] = f"{VARY[1]}, Access-Control-Request-Headers"
    del response.headers["Content-Type"]
