"""Shows what a reranker is worth at each weight of the retrieval score: on the lists of train that were kept for choosing, and on dev.

Choose the weight on train's kept lists; dev then says what it is worth. By grades: first routes that serve, of those judged; by labels: hit@1.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from grades import firsts
from pool import Graded, Pool
from router import ENCODER, WORK, Found, Settings, find, first_skills, index, reweighted

WEIGHTS = [0, 1, 2, 4, 8, 12, 16, 24, 32, 64, 1_000]
SHORT_CHARS, LONG_CHARS = 80, 180


def row(name: str, found: list[Found], graded: list[Graded], labelled: dict[str, list[int]]) -> str:
    """One line: by grades, by labels, and by grades for short, middle and long queries."""
    serves, _, three, unjudged = firsts(found, graded)
    hits = [row.places[0] in labelled[row.query.qid] for row in found if row.query.qid in labelled and row.places]
    parts = defaultdict(list)
    for one in found:
        n = len(one.query.text)
        parts["short" if n <= SHORT_CHARS else "long" if n > LONG_CHARS else "middle"].append(one)
    strata = [firsts(parts[part], graded)[0] if parts[part] else float("nan") for part in ("short", "middle", "long")]
    cells = [serves, three, unjudged, np.mean(hits) if hits else float("nan"), *strata]
    return f"{name:>8}  " + "  ".join(f"{cell:.3f}" for cell in cells)


def show(title: str, found: list[Found], graded: list[Graded], labelled: dict[str, list[int]]) -> None:
    print(f"\n{title}: {len(found)} queries\n  weight  serves three  unjudg labels short  middle long")
    for weight in WEIGHTS:
        print(row(str(weight), reweighted(found, weight), graded, labelled), flush=True)


def show_own(found: list[Found]) -> None:
    """hit@1 of our own evaluation queries, by kind."""
    kinds = defaultdict(list)
    for one in found:
        kinds[one.query.kind].append(one)
    for weight in WEIGHTS:
        hits = {kind: np.mean([bool(one.places) and one.places[0] in one.query.right for one in reweighted(rows, weight)]) for kind, rows in kinds.items()}
        print(f"{weight:>8}  own: " + "  ".join(f"{kind} {value:.3f}" for kind, value in sorted(hits.items())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--skills", type=int, default=20_000)
    parser.add_argument("--reranker", type=Path, default=ENCODER)
    parser.add_argument("--rerank", type=int, default=10)
    parser.add_argument("--documents", default="exact", help="exact or fast")
    parser.add_argument("--parts", nargs="*", default=["train", "dev"])
    args = parser.parse_args()
    pool = Pool(args.data)
    built = index(WORK / "index", first_skills(pool, args.skills), ENCODER)
    settings = Settings(built, reranker=args.reranker, options={"rerank": args.rerank, "documents": args.documents})
    own = [query for query in pool.own_queries("eval") if min(query.right) < args.skills]
    for part in args.parts:
        graded = [one for one in pool.graded(part) if part == "dev" or one.for_choosing]
        labelled = {query.qid: query.right for query in pool.queries(part)}
        tasks = [one.query for one in graded] + (own if part == "dev" else [])
        found = find(settings, tasks, pool.place, [skill["id"] for skill in pool.skills])
        show(part, found[: len(graded)], graded, labelled)
        if part == "dev":
            show_own(found[len(graded) :])


if __name__ == "__main__":
    main()
