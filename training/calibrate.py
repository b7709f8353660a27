"""Fits the calibration: how likely the first route serves the task, and from where on which word is said.

Logistic regression over the evidence of src/fit.rs. Its tasks are queries of train whose first routes were read and graded (a route
serves when its grade is 2), and the first 200 of tasks/nothing-fits.jsonl. First routes that nobody graded are left out. A
part of the lists is enough: every second one, and of reranked answers, which take longer, every eighth. Writes
target/training/calibration-{retrieved,reranked}.json, and puts them into the models and the index.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import zlib
from pathlib import Path

import numpy as np

from grades import calibration_error, judged
from pool import TRAINING, Graded, Pool, Query, lines
from router import ENCODER, PROGRAM, RERANK, WORK, Found, Settings, find, first_skills, index

EVIDENCE = ["dense", "coverage", "lexical", "margin", "rerank"]
N_FITTED = 200  # of the tasks that no skill serves; the others are for evaluation
# The encoder was trained on the queries of train's authors and on the first ones of tasks/train.jsonl, and puts these nearer to skills that serve
# them than it puts new queries. Mean cosines of serving first routes: .542 (train's authors) and .480 (dev's); .546 and .518 among our own.
N_SEEN, SEEN_COSINE = 6_600, 0.04
# From which probability on each word is said; below all of them it is `none`. Chosen on dev: QUALITY.md.
WORDS = {"weak": 0.25, "likely": 0.5, "strong": 0.8}


def unserved(part: slice) -> list[Query]:
    return [Query(row["qid"], row["text"], row["kind"], row["lang"], []) for row in lines(TRAINING / "tasks" / "nothing-fits.jsonl")[part]]


def evidence(found: Found) -> np.ndarray:
    row = np.array([found.evidence.get(name, 0.0) for name in EVIDENCE])
    row[EVIDENCE.index("margin")] = np.clip(row[EVIDENCE.index("margin")], 0, 1)
    return row


def seen(pool: Pool) -> set[str]:
    """Texts of the queries that the encoder was trained on."""
    own = lines(TRAINING / "tasks" / "train.jsonl")[:N_SEEN]
    return {query.text for query in pool.queries("train")} | {row["text"] for row in own}


def logistic(x: np.ndarray, y: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Weights and, last, bias, by Newton's method; columns are scaled to unit variance for the ridge."""
    scale = x.std(0) + 1e-6
    x = np.hstack([x / scale, np.ones((len(x), 1))])
    w, penalty = np.zeros(x.shape[1]), np.diag([ridge] * (x.shape[1] - 1) + [0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        w -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty + 1e-9 * np.eye(len(w)), x.T @ (p - y) + penalty @ w)
    return w / np.append(scale, 1.0)


def calibration(pool: Pool, found: list[Found], graded: list[Graded], late_weight: float = 0.0) -> dict:
    """What `model.json` is to hold, from answers to graded queries and to tasks that no skill serves.

    Late interaction's score is `late_weight` times a mean cosine.
    """
    rows, y, _ = judged(found, graded)
    x, trained_on = np.array([evidence(row) for row in rows]), seen(pool)
    known = y * [row.query.text in trained_on for row in rows]
    x[:, EVIDENCE.index("dense")] -= SEEN_COSINE * known
    x[:, EVIDENCE.index("rerank")] -= late_weight * SEEN_COSINE * known
    w = logistic(x, y)
    p = 1 / (1 + np.exp(-(x @ w[:-1] + w[-1])))
    print(f"{len(y)} tasks, {y.mean():.3f} served; Brier {np.mean((p - y) ** 2):.3f}; calibration error {calibration_error(p, y):.3f}")
    rounded = lambda value: float(np.float32(round(float(value), 4)))
    weights = {key: rounded(value) for key, value in zip(EVIDENCE, w)}
    return {"bias": rounded(w[-1]), "weights": weights, "words": WORDS}


def fit(pool: Pool, settings: Settings, name: str, every: int, longest: int | None = None, late_weight: float = 0.0) -> Path:
    """Fits on a part of train's lists, and on queries of at most `longest` characters: only such answers are reranked."""
    graded = [one for one in pool.graded("train") if zlib.crc32(one.query.qid.encode()) % every == 0]
    tasks = [query for query in (one.query for one in graded) if longest is None or len(query.text) <= longest]
    tasks += unserved(slice(0, N_FITTED, every // 2))
    found = find(settings, tasks, pool.place, [skill["id"] for skill in pool.skills])
    path = WORK / f"calibration-{name}.json"
    path.write_text(json.dumps(calibration(pool, found, graded, late_weight), indent=2))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--skills", type=int, default=20_000)
    args = parser.parse_args()
    pool = Pool(args.data)
    built = index(WORK / "index", first_skills(pool, args.skills), ENCODER)
    retrieved = fit(pool, Settings(built), "retrieved", every=2)
    for folder in (ENCODER, built):
        subprocess.run([PROGRAM, "adjust", folder, "--calibration", retrieved], check=True)
    model = json.loads((ENCODER / "model.json").read_text())
    longest, late_weight = model["routing"]["reranker"].get("longest_query"), model["late"]["contract"]["form"]["late"]["weight"]
    reranked = fit(pool, Settings(built, reranker=ENCODER, options={"rerank": RERANK}), "reranked", 8, longest, late_weight)
    subprocess.run([PROGRAM, "adjust", ENCODER, "--rerank-calibration", reranked], check=True)


if __name__ == "__main__":
    main()
