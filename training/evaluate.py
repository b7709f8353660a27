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
from dataclasses import dataclass, replace
from pathlib import Path

import bm25s
import numpy as np
import Stemmer

import bert
from calibrate import N_FITTED, unserved
from grades import FIRST_COLUMNS, firsts, fit_tables
from pool import QUERY_MAX_CHARS, TRAINING, Pool, Query
from router import ENCODER, METRICS, PROGRAM, RERANK, ROOT, WORK, Found, Settings, find, first_skills, index, interval, metrics, reweighted

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


def strata(found: list[Found]) -> dict[str, np.ndarray]:
    """hit@1 and the like of parts of the queries."""
    parts = defaultdict(list)
    for row in found:
        query = row.query
        length = "short" if len(query.text) <= SHORT_CHARS else "long" if len(query.text) > LONG_CHARS else "middle"
        parts[length if not query.qid.startswith("own-") else f"own, {query.kind}"].append(metrics(row.places, query.right))
    return {name: np.array(rows) for name, rows in parts.items()}


@dataclass
class Bench:
    """What is measured on: an index of the data's first skills, and queries."""

    pool: Pool
    n_skills: int
    skills: Path
    built: Path

    def __post_init__(self) -> None:
        self.ids = [skill["id"] for skill in self.pool.skills]
        self.dev = self.pool.queries("dev")
        self.own = [q for q in self.pool.own_queries("eval") if min(q.right) < self.n_skills]
        self.graded = self.pool.graded("dev")

    def find(self, settings: Settings, queries: list[Query]) -> list[Found]:
        return find(settings, queries, self.pool.place, self.ids)


def systems(bench: Bench, reranked: list[int], base: bool) -> dict[str, Settings]:
    """What is compared, by name."""
    found: dict[str, Settings] = {}
    if base:
        model = WORK / "models/all-MiniLM-L6-v2"
        if not model.exists():
            subprocess.run([PROGRAM, "quantize", bert.base_folder(), "--out", model], check=True)
        found["all-MiniLM-L6-v2, zero-shot"] = Settings(index(WORK / "index-base", bench.skills, model, "--no-bodies"), model, options={"mode": "dense"})
    found["words (our lexical leg)"] = Settings(bench.built, options={"mode": "lexical"})
    found["meaning (our encoder)"] = Settings(bench.built, options={"mode": "dense"})
    found["hybrid"] = Settings(bench.built)
    found[DEFAULT] = Settings(bench.built, as_index_says=True)
    for n in reranked:
        found[f"hybrid, {n} reranked, long queries too"] = Settings(bench.built, reranker=ENCODER, options={"rerank": n})
    return found


def authors_section(bench: Bench, found: dict[str, list[Found]]) -> str:
    table = Table(METRICS)
    plain = bm25(bench.pool, bench.n_skills, bench.dev)
    table.add("BM25 (bm25s)", np.array([metrics(r, q.right) for r, q in zip(plain, bench.dev)]))
    for name, rows in found.items():
        table.add(name, scored(rows[: len(bench.dev)]))
    text = f"## Skill authors' queries (dev: {len(bench.dev)} queries, {bench.n_skills:,} skills)\n\nBy the labels:\n\n{table.text()}\n"
    text += "By grades: the first routes of these systems and the labelled skills were read, and graded 2 (serves the task), 1 (serves a part of it) or 0. "
    text += "What was not judged is left out:\n\n"
    lines = [["system", *FIRST_COLUMNS], ["---"] * (len(FIRST_COLUMNS) + 1)]
    lines += [[name, *(f"{value:.3f}".lstrip("0") for value in firsts(rows, bench.graded))] for name, rows in found.items()]
    return text + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def kinds_section(found: dict[str, list[Found]]) -> str:
    by_stratum = {name: strata(rows) for name, rows in found.items()}
    names = [name for name in ["short", "middle", "long", "own, indirect", "own, long", "own, other"] if any(name in s for s in by_stratum.values())]
    sizes = [len(next(iter(by_stratum.values()))[name]) for name in names]
    rows = [["hit@1", *[f"{name} ({n})" for name, n in zip(names, sizes)]], ["---"] * (len(names) + 1)]
    rows += [[system, *[f"{parts[name][:, 0].mean():.3f}".lstrip("0") for name in names]] for system, parts in by_stratum.items()]
    return (
        f"## By kind of query\n\nShort: at most {SHORT_CHARS} characters; long: over {LONG_CHARS}. \"Own\" queries were written for this project, to be hard: "
        "indirect ones name no solution, long ones are whole task descriptions of 1,500 to 2,000 characters, others are in seven languages besides English.\n\n"
        + "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"
    )


def catalogue_section(compared: dict[str, Settings]) -> str:
    small, queries, place, folders = catalogue()
    table, words = Table(METRICS), ""
    for name in ("words (our lexical leg)", "meaning (our encoder)", "hybrid", DEFAULT):
        found = find(replace(compared[name], index=small), queries, place, folders)
        table.add(name, scored(found))
        if name == DEFAULT:
            right = [row for row in found if row.places[:1] and row.places[0] in row.query.right]
            low = sum(row.fit["word"] in ("none", "weak") for row in right)
            words = f"\nOf the {len(right)} right first routes of the last row, {low} are called `weak` or `none`.\n"
    return f"## The starter catalogue ({len(queries)} queries, {len(folders)} skills)\n\n{table.text()}{words}"


def mixing_section(bench: Bench, reranked: list[Found]) -> str:
    table = Table(METRICS)
    for weight in DENSE_WEIGHTS:
        table.add(f"dense weight {weight}", scored(bench.find(Settings(bench.built, options={"dense-weight": weight}), bench.dev)))
    for weight in RETRIEVAL_WEIGHTS:
        table.add(f"{RERANK} reranked, retrieval weight {weight}", scored(reweighted(reranked[: len(bench.dev)], weight)))
    return f"## Mixing (dev)\n\n{table.text()}"


def fit_section(bench: Bench, compared: dict[str, Settings]) -> str:
    tasks = unserved(slice(N_FITTED, None))
    text = f"## Whether the fit means what it says (dev, and {len(tasks)} tasks that no skill serves)\n\nFitted on graded queries of train, `training/calibrate.py`.\n"
    for name in ("hybrid", DEFAULT):
        found = bench.find(compared[name], bench.dev + tasks)
        if any(row.fit for row in found):
            text += f"\n### {name[0].upper()}{name[1:]}\n\n{fit_tables(found, bench.graded)}"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--skills", type=int, default=20_000)
    parser.add_argument("--reranked", type=int, nargs="*", default=[RERANK, 2 * RERANK], help="numbers of routes to rerank, whatever the length of the query")
    parser.add_argument("--print", action="store_true", help="do not write QUALITY.md")
    parser.add_argument("--without-base", action="store_true", help="leave out zero-shot all-MiniLM-L6-v2, whose index takes as long as ours")
    args = parser.parse_args()
    pool = Pool(args.data)
    skills = first_skills(pool, args.skills)
    bench = Bench(pool, args.skills, skills, index(WORK / "index", skills, ENCODER))
    compared = systems(bench, args.reranked, not args.without_base)
    found = {name: bench.find(settings, bench.dev + bench.own) for name, settings in compared.items()}
    out = [
        authors_section(bench, found),
        kinds_section(found),
        catalogue_section(compared),
        mixing_section(bench, found[DEFAULT]),
        fit_section(bench, compared),
    ]
    head = (TRAINING / "quality-head.md").read_text()
    text = f"{head}\nMeasured {datetime.date.today()} on {platform.processor() or platform.machine()}, with `make quality`.\n\n" + "\n".join(out)
    text += "\n" + (TRAINING / "quality-choices.md").read_text()
    print(text)
    if not args.print:
        (ROOT / "QUALITY.md").write_text(text)


if __name__ == "__main__":
    main()
