"""Fits the calibration: how likely the first route fits, and from where on which word is said.

Logistic regression over the evidence of src/fit.rs, on queries that the models were not trained on: our own in
tasks/calibration.jsonl, the first 200 of tasks/nothing-fits.jsonl, and the authors' `should_not_trigger` of train where
the router's first route is one that must not be chosen. A first route that is a copy of the right one counts as right.
Writes target/training/calibration-{retrieved,reranked}.json, and puts them into the encoder and the index.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np

from pool import TRAINING, Pool, Query, lines
from router import ENCODER, PROGRAM, RERANK, WORK, Found, Settings, find, first_skills, index

EVIDENCE = ["dense", "coverage", "lexical", "margin", "rerank"]
N_FITTED = 200  # of the tasks that no skill serves; the others are for evaluation
# From which probability on each word is said; below all of them it is `none`. Chosen on dev: QUALITY.md, "Nothing fits".
WORDS = {"weak": 0.1, "likely": 0.5, "strong": 0.8}


def unserved(part: slice) -> list[Query]:
    return [Query(row["qid"], row["text"], row["kind"], row["lang"], []) for row in lines(TRAINING / "tasks" / "nothing-fits.jsonl")[part]]


def evidence(found: Found) -> np.ndarray:
    row = np.array([found.evidence.get(name, 0.0) for name in EVIDENCE])
    row[EVIDENCE.index("margin")] = np.clip(row[EVIDENCE.index("margin")], 0, 1)
    return row


def is_right(pool: Pool, found: Found) -> bool:
    return bool(found.places and found.query.right) and bool(pool.copies(found.places[:1], found.query.right).any())


def logistic(x: np.ndarray, y: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Weights and, last, bias, by Newton's method; columns are scaled to unit variance for the ridge."""
    scale = x.std(0) + 1e-6
    x = np.hstack([x / scale, np.ones((len(x), 1))])
    w, penalty = np.zeros(x.shape[1]), np.diag([ridge] * (x.shape[1] - 1) + [0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        w -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty + 1e-9 * np.eye(len(w)), x.T @ (p - y) + penalty @ w)
    return w / np.append(scale, 1.0)


def fit(pool: Pool, settings: Settings, name: str, n_skills: int) -> Path:
    ids = [skill["id"] for skill in pool.skills]
    queries = [query for query in pool.own_queries("calibration") if query.right[0] < n_skills]
    refused = pool.should_not_trigger("train")
    not_skills = {f"not-{n}": places for n, (_, places) in enumerate(refused)}
    tasks = queries + unserved(slice(N_FITTED)) + [Query(f"not-{n}", text, "not", "", []) for n, (text, _) in enumerate(refused) if text.strip()]
    rows, labels = [], []
    for found in find(settings, tasks, pool.place, ids):
        wrong = not_skills.get(found.query.qid)
        if wrong is not None and not (found.places and wrong and pool.copies(found.places[:1], wrong).any()):
            continue  # Another skill may serve it: nobody said.
        rows.append(evidence(found))
        labels.append(is_right(pool, found))
    x, y = np.array(rows), np.array(labels, float)
    w = logistic(x, y)
    p = 1 / (1 + np.exp(-(x @ w[:-1] + w[-1])))
    lost = np.mean(p[y == 1] < WORDS["weak"])
    print(f"{name}: {len(y)} tasks, {y.mean():.3f} right; Brier {np.mean((p - y) ** 2):.3f}; none said of {lost:.3f} of the right ones")
    for low in np.arange(0, 1, 0.2):
        here = (p >= low) & (p < low + 0.2)
        print(f"  said {low:.1f} to {low + 0.2:.1f}: {here.sum()} tasks, {y[here].mean() if here.any() else float('nan'):.2f} right")
    rounded = lambda value: float(np.float32(round(float(value), 4)))
    weights = {key: rounded(value) for key, value in zip(EVIDENCE, w)}
    path = WORK / f"calibration-{name}.json"
    path.write_text(json.dumps({"bias": rounded(w[-1]), "weights": weights, "words": WORDS}, indent=2))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--skills", type=int, default=20_000)
    args = parser.parse_args()
    pool = Pool(args.data)
    built = index(WORK / "index", first_skills(pool, args.skills), ENCODER)
    retrieved = fit(pool, Settings(built), "retrieved", args.skills)
    for folder in (ENCODER, built):
        subprocess.run([PROGRAM, "adjust", folder, "--calibration", retrieved], check=True)
    reranked = fit(pool, Settings(built, reranker=ENCODER, options={"rerank": RERANK}), "reranked", args.skills)
    subprocess.run([PROGRAM, "adjust", ENCODER, "--rerank-calibration", reranked], check=True)


if __name__ == "__main__":
    main()
