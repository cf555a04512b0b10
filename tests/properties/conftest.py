"""Hypothesis without deadline: a busy machine is no error; the time of the whole run is what counts."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("kggraph", deadline=None, max_examples=60)
settings.load_profile("kggraph")
