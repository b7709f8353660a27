"""The program as the training commands use it: indexes, and what is found for many queries at once."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from pool import Pool, Query

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "target/release/skillrouter"
WORK = ROOT / "target/training"
ENCODER = ROOT / "models/skillrouter-mini-encoder"
RERANK = 10  # routes that the encoder reranks by late interaction


@dataclass
class Found:
    """What the router says to one query."""

    query: Query
    fit: dict | None
    evidence: dict
    routes: list[dict]  # with `id`, `place` and the scores

    @property
    def places(self) -> list[int]:
        return [route["place"] for route in self.routes]


@dataclass
class Settings:
    """Options of `skillrouter eval`."""

    index: Path
    model: Path = ENCODER
    reranker: Path | None = None
    options: dict = field(default_factory=dict)
    as_index_says: bool = False  # reranked by the defaults of the index, instead of by `reranker` or not at all

    def arguments(self) -> list[str]:
        options = {"index": self.index, "model": self.model, **self.options}
        if not self.as_index_says:
            options |= {"reranker": self.reranker} if self.reranker else {"rerank": 0}
        return [str(part) for key, value in options.items() for part in (f"--{key}", value)]


def index(out: Path, skills: Path, model: Path, *more: str) -> Path:
    """Builds an index, unless it stands there already with this model's weights, in the form that the program reads."""
    manifest = json.loads((model / "model.json").read_text())
    stamp = json.dumps([manifest["name"], [file["sha256"] for file in manifest["weights"]], skills.name])
    stamp_file = out.with_suffix(".stamp")
    same = (out / "index.json").exists() and stamp_file.exists() and stamp_file.read_text() == stamp
    if not same or subprocess.run([PROGRAM, "verify", out], stdout=subprocess.DEVNULL).returncode != 0:
        subprocess.run([PROGRAM, "index", skills, "--out", out, "--model", model, *more], check=True)
        stamp_file.write_text(stamp)
    return out


def first_skills(pool: Pool, n: int) -> Path:
    """The first n skills of the data as a file of their own."""
    path = WORK / f"skills-{n}.jsonl"
    if not path.exists():
        with open(path, "w") as file:
            file.writelines(json.dumps(skill, ensure_ascii=False) + "\n" for skill in pool.skills[:n])
    return path


def find(settings: Settings, queries: list[Query], place: dict[str, int], ids: list[str]) -> list[Found]:
    """What the router finds for each query; those without right skills count as tasks that no skill serves."""
    folder = WORK / "eval"
    folder.mkdir(parents=True, exist_ok=True)
    served, unserved = [q for q in queries if q.right], [q for q in queries if not q.right]
    line = lambda query: json.dumps({"qid": query.qid, "text": query.text}, ensure_ascii=False) + "\n"
    (folder / "queries.jsonl").write_text("".join(map(line, served)))
    (folder / "qrels.tsv").write_text("".join(f"{q.qid}\t{ids[right]}\t1\n" for q in served for right in q.right))
    (folder / "unserved.jsonl").write_text("".join(map(line, unserved)))
    command = [PROGRAM, "eval", *settings.arguments(), "--queries", folder / "queries.jsonl", "--qrels", folder / "qrels.tsv", "--json"]
    command += ["--nothing-fits", folder / "unserved.jsonl"] if unserved else []
    subprocess.run([*command, "--run", folder / "run.jsonl"], check=True, stdout=subprocess.DEVNULL)
    rows = {row["qid"]: row for row in map(json.loads, open(folder / "run.jsonl"))}
    found = []
    for query in queries:
        row = rows[query.qid]
        for route in row["routes"]:
            route["place"] = place[route["id"]]
        found.append(Found(query, row["fit"], row["evidence"] or {}, row["routes"]))
    return found


def reweighted(found: list[Found], weight: float) -> list[Found]:
    """The same answers with another weight of the retrieval score; what was not reranked stays behind."""
    key = lambda route: route["rerank_score"] + weight * route["retrieval_score"] if "rerank_score" in route else -1e9
    return [replace(row, routes=sorted(row.routes, key=key, reverse=True)) for row in found]


METRICS = ["hit@1", "mrr@10", "ndcg@10", "recall@10", "recall@20"]


def metrics(ranking: list[int], right: list[int]) -> np.ndarray:
    """METRICS of one ranking, as `skillrouter eval` defines them, all grades 1."""
    hits = [place for place, found in enumerate(ranking) if found in right]
    first = next((place for place in hits if place < 10), None)
    ideal = sum(1 / np.log2(place + 2) for place in range(min(10, len(right))))
    gain = sum(1 / np.log2(place + 2) for place in hits if place < 10)
    recall = lambda k: sum(place < k for place in hits) / len(right)
    return np.array([first == 0, 0 if first is None else 1 / (first + 1), gain / ideal, recall(10), recall(20)], float)


def interval(values: np.ndarray, resamples: int = 1000) -> tuple[float, float]:
    """95% bootstrap interval of the mean."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (resamples, len(values)))].mean(1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
