"""Measures the default models and writes QUALITY.md (or prints it, with --print).

Everything is found by the program itself, over an index of the data's first 20,000 skills; only plain BM25 is the
library bm25s, as in the data's README. Indexes are kept in target/training, so a second run takes minutes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import subprocess
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import bm25s
import numpy as np
import Stemmer

import bert
from calibrate import N_FITTED, unserved
from pool import QUERY_MAX_CHARS, TRAINING, Pool, Query
from router import ENCODER, METRICS, PROGRAM, RERANK, ROOT, WORK, Found, Settings, find, first_skills, index, interval, metrics

SHORT_CHARS, LONG_CHARS = 80, 180
DENSE_WEIGHTS = ["0.5", "0.75", "1.0", "1.25", "1.5", "2.0"]
RETRIEVAL_WEIGHTS = [0, 3, 6, 9, 12, 15, 30]
# What the router does when nobody says otherwise.
DEFAULT = f"hybrid, {RERANK} reranked"


def bm25(pool: Pool, n_skills: int, queries: list[Query]) -> list[list[int]]:
    """Plain BM25 as in the data's README: k1 1.2, b 0.75, the name three times, English stemmer and stop words."""
    stemmer = Stemmer.Stemmer("english")
    texts = [f"{s['name']} {s['name']} {s['name']} {s['description']} {s['body']}" for s in pool.skills[:n_skills]]
    retriever = bm25s.BM25(k1=1.2, b=0.75)
    retriever.index(bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    asked = bm25s.tokenize([q.text[:QUERY_MAX_CHARS] for q in queries], stopwords="en", stemmer=stemmer, show_progress=False)
    return retriever.retrieve(asked, k=50, show_progress=False)[0].tolist()


def catalogue() -> tuple[Path, list[Query], dict[str, int], list[str]]:
    """The starter catalogue: its index, its own queries, and its skills by id."""
    built = index(WORK / "catalogue", ROOT / "catalogues/starter", ENCODER)
    folders = sorted(path.parent.name for path in (ROOT / "catalogues/starter").glob("*/SKILL.md"))
    place = {name: n for n, name in enumerate(folders)}
    queries = [
        Query(f"{name}-{n}", row["query"], "trigger", "en", [place[name]])
        for name in folders
        for n, row in enumerate(json.loads((ROOT / "catalogues/starter" / name / "evals/eval_queries.json").read_text()))
        if row["should_trigger"]
    ]
    return built, queries, place, folders


class Table:
    """Systems by rows; each cell is a mean, the first column with its interval."""

    def __init__(self, columns: list[str]):
        self.columns, self.rows = columns, []

    def add(self, name: str, values: np.ndarray) -> None:
        low, high = interval(values[:, 0])
        cells = [f"{mean:.3f}".lstrip("0") or "0" for mean in values.mean(0)]
        self.rows.append([name, f"{cells[0]} ({low:.3f} to {high:.3f})".replace("(0", "(").replace("to 0", "to "), *cells[1:]])

    def text(self) -> str:
        lines = [["system", *self.columns], ["---"] * (len(self.columns) + 1), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def scored(found: list[Found]) -> np.ndarray:
    return np.array([metrics(row.places, row.query.right) for row in found])


def reweighted(found: list[Found], weight: float) -> np.ndarray:
    """The same with another weight of the retrieval score; what was not reranked stays behind."""
    rows = []
    for row in found:
        key = lambda route: route["rerank_score"] + weight * route["retrieval_score"] if "rerank_score" in route else -1e9
        rows.append(metrics([route["place"] for route in sorted(row.routes, key=key, reverse=True)], row.query.right))
    return np.array(rows)


def strata(found: list[Found]) -> dict[str, np.ndarray]:
    """hit@1 and the like of parts of the queries."""
    parts = defaultdict(list)
    for row in found:
        query = row.query
        length = "short" if len(query.text) <= SHORT_CHARS else "long" if len(query.text) > LONG_CHARS else "middle"
        parts[length if not query.qid.startswith("own-") else f"own, {query.kind}"].append(metrics(row.places, query.right))
    return {name: np.array(rows) for name, rows in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--skills", type=int, default=20_000)
    parser.add_argument("--reranked", type=int, nargs="*", default=[RERANK, 2 * RERANK], help="numbers of routes to rerank, whatever the length of the query")
    parser.add_argument("--print", action="store_true", help="do not write QUALITY.md")
    parser.add_argument("--without-base", action="store_true", help="leave out zero-shot all-MiniLM-L6-v2, whose index takes as long as ours")
    args = parser.parse_args()
    pool = Pool(args.data)
    ids = [skill["id"] for skill in pool.skills]
    skills = first_skills(pool, args.skills)
    built = index(WORK / "index", skills, ENCODER)
    dev = [q for q in pool.queries("dev")]
    own = [q for q in pool.own_queries("eval") if min(q.right) < args.skills]
    out = []

    systems: dict[str, Settings] = {}
    if not args.without_base:
        base = WORK / "models/all-MiniLM-L6-v2"
        if not base.exists():
            subprocess.run([PROGRAM, "quantize", bert.base_folder(), "--out", base], check=True)
        systems["all-MiniLM-L6-v2, zero-shot"] = Settings(index(WORK / "index-base", skills, base, "--no-bodies"), base, options={"mode": "dense"})
    systems["words (our lexical leg)"] = Settings(built, options={"mode": "lexical"})
    systems["meaning (our encoder)"] = Settings(built, options={"mode": "dense"})
    systems["hybrid"] = Settings(built)
    systems[DEFAULT] = Settings(built, as_index_says=True)
    for n in args.reranked:
        systems[f"hybrid, {n} reranked, long queries too"] = Settings(built, reranker=ENCODER, options={"rerank": n})

    table, by_stratum, found = Table(METRICS), {}, {}
    table.add("BM25 (bm25s)", np.array([metrics(r, q.right) for r, q in zip(bm25(pool, args.skills, dev), dev)]))
    for name, settings in systems.items():
        found[name] = find(settings, dev + own, pool.place, ids)
        table.add(name, scored(found[name][: len(dev)]))
        by_stratum[name] = strata(found[name])
    out.append(f"## Skill authors' queries (dev: {len(dev)} queries, {args.skills:,} skills)\n\n{table.text()}")

    names = [name for name in ["short", "middle", "long", "own, indirect", "own, long", "own, other"] if any(name in s for s in by_stratum.values())]
    sizes = [len(next(iter(by_stratum.values()))[name]) for name in names]
    rows = [["hit@1", *[f"{name} ({n})" for name, n in zip(names, sizes)]], ["---"] * (len(names) + 1)]
    rows += [[system, *[f"{parts[name][:, 0].mean():.3f}".lstrip("0") for name in names]] for system, parts in by_stratum.items()]
    out.append(
        f"## By kind of query\n\nShort: at most {SHORT_CHARS} characters; long: over {LONG_CHARS}. \"Own\" queries were written for this project, to be hard: "
        "indirect ones name no solution, long ones are whole task descriptions of 1,500 to 2,000 characters, others are in seven languages besides English.\n\n"
        + "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"
    )

    small, queries, place, folders = catalogue()
    table = Table(METRICS)
    for name, settings in systems.items():
        if "zero-shot" not in name and name in (*list(systems)[:3], "hybrid", DEFAULT):
            table.add(name, scored(find(replace(settings, index=small), queries, place, folders)))
    out.append(f"## The starter catalogue ({len(queries)} queries, {len(folders)} skills)\n\n{table.text()}")

    table = Table(METRICS)
    for weight in DENSE_WEIGHTS:
        table.add(f"dense weight {weight}", scored(find(Settings(built, options={"dense-weight": weight}), dev, pool.place, ids)))
    for weight in RETRIEVAL_WEIGHTS:
        table.add(f"{RERANK} reranked, retrieval weight {weight}", reweighted(found[DEFAULT][: len(dev)], weight))
    out.append(f"## Mixing (dev)\n\n{table.text()}")

    tasks = unserved(slice(N_FITTED, None))
    rows = []
    for name, settings in systems.items():
        if name not in ("hybrid", DEFAULT):
            continue
        judged = find(settings, dev + tasks, pool.place, ids)
        if judged[0].fit is None:
            continue
        right = [row for row in judged[: len(dev)] if row.places[:1] and row.places[0] in row.query.right]
        wrong = [row for row in judged[: len(dev)] if row not in right]
        none = lambda part: sum(row.fit["word"] == "none" for row in part) / len(part)
        rows.append([name, f"{none(judged[len(dev):]):.3f}", f"{none(right):.3f}", f"{none(wrong):.3f}"])
        curve = [(t, sum(r.fit["p"] >= t for r in right) / len(right), sum(r.fit["p"] >= t for r in judged[len(dev):]) / len(tasks)) for t in np.arange(0.1, 1, 0.1)]
    if rows:
        head = [["system", f"of {len(tasks)} tasks that no skill serves", "of right first routes (lost)", "of wrong first routes"], ["---"] * 4]
        out.append("## \"Nothing fits\" (dev)\n\nHow often `none` is said:\n\n" + "\n".join("| " + " | ".join(row) + " |" for row in head + rows) + "\n\n"
                   + "The same along the probability, for the last row:\n\n| least p | right first routes kept | of unserved tasks, wrongly shown |\n| --- | --- | --- |\n"
                   + "\n".join(f"| {t:.1f} | {kept:.3f} | {shown:.3f} |" for t, kept, shown in curve) + "\n")

    text = (TRAINING / "quality-head.md").read_text() + f"\nMeasured {datetime.date.today()} on {platform.processor() or platform.machine()}, with `make quality`.\n\n" + "\n".join(out)
    evidence = TRAINING / "quality-choices.md"
    text += "\n" + evidence.read_text() if evidence.exists() else ""
    print(text)
    if not args.print:
        (ROOT / "QUALITY.md").write_text(text)


if __name__ == "__main__":
    main()
