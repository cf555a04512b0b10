#!/usr/bin/env python3
"""Prints how well the search answers the judged questions of `tests/relevance`: `make relevance`.

tools/relevance.py --each        also every question that is not answered well, with what is missing
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kggraph import config  # noqa: E402
from kggraph.build import build  # noqa: E402
from tests.relevance.measuring import Answer, answers, mean, questions  # noqa: E402


def main() -> int:
    """Build the knowledge base where it has changed, ask everything, print the means."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--each", action="store_true", help="also the questions that are not answered well")
    options = parser.parse_args()
    settings = config.from_environment(ROOT)
    generation = build(settings)
    answered = list(answers(generation.text_index(), generation.facets(), questions()))
    for title, unseen in (("shaped on", False), ("held back", True)):
        for lang in settings.languages:
            chosen = [one for one in answered if one.question.unseen == unseen and one.question.lang == lang]
            print(f"{title:10} {lang:3} {mean(chosen)}")
    for title, unseen in (("shaped on", False), ("held back", True)):
        print(f"{title:10} all {mean([one for one in answered if one.question.unseen == unseen])}")
    print(f"{'total':10} all {mean(answered)}")
    if options.each:
        print_each(answered)
    return 0


def print_each(answered: list[Answer]) -> None:
    """Questions that lose something among the first ten, the worst first."""
    for one in sorted(answered, key=lambda answer: (answer.recall, answer.reciprocal_rank)):
        if one.recall < 1 or one.reciprocal_rank < 1:
            wanted = sorted(set(one.question.grades) - set(one.slugs[:10]))
            print(
                f"\n{one.question.lang} {one.question.text!r}: recall {one.recall:.2f}, rank {one.reciprocal_rank:.2f}"
            )
            print("  missing:", ", ".join(wanted))
            print("  instead:", ", ".join(slug for slug in one.slugs[:10] if slug not in one.question.grades))


if __name__ == "__main__":
    sys.exit(main())
