"""Narrower vectors: what is found when only the first numbers of each vector are compared (Matryoshka, arXiv 2205.13147).

Prints the rows of quality-choices.md for the default encoder, by meaning alone and mixed with words as the program mixes
them, from the index that evaluate.py keeps in target/training.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np

from pool import QUERY_MAX_CHARS, Pool
from router import ENCODER, PROGRAM, WORK, Settings, find, metrics

HEADER_BYTES = 32  # of each file, see src/format.rs


def vectors(folder: Path) -> np.ndarray:
    """All rows of an index, [n, d]; the layout is that of src/index/vectors.rs."""
    rows = []
    for entry in json.loads((folder / "index.json").read_text())["files"]["vectors"]:
        payload = (folder / entry["file"]).read_bytes()[HEADER_BYTES:]
        n, d = np.frombuffer(payload[:8], np.uint32)
        scales = np.frombuffer(payload, np.float32, n, 8 + 8 * int(n))
        quants = np.frombuffer(payload, np.int8, int(n) * int(d), 8 + 12 * int(n)).reshape(n, d)
        rows.append(quants * scales[:, None])
    return np.concatenate(rows)


def embedded(texts: list[str]) -> np.ndarray:
    """Vectors of queries, [b, d]."""
    lines = "".join(" ".join(text[:QUERY_MAX_CHARS].split()) + "\n" for text in texts)
    command = [PROGRAM, "embed", "--model", ENCODER, "--kind", "query", "--json"]
    out = subprocess.run(command, input=lines, text=True, check=True, stdout=subprocess.PIPE).stdout
    return np.array([json.loads(line)["vector"] for line in out.splitlines()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--skills", type=int, default=20_000)
    parser.add_argument("--widths", type=int, nargs="*", default=[384, 256, 192, 128])
    args = parser.parse_args()
    pool = Pool(args.data)
    index = WORK / "index"
    ids = [skill["id"] for skill in pool.skills]
    # The order of an index is that of the hashes of its ids: `content_hash` of src/format.rs.
    order = sorted(ids[: args.skills], key=lambda skill: (hashlib.sha256(skill.encode()).digest()[:8], skill))
    place = np.array([pool.place[skill] for skill in order])
    dev = pool.queries("dev")
    weight = json.loads((index / "index.json").read_text())["routing"]["dense_weight"]
    words = find(Settings(index, options={"mode": "lexical"}), dev, pool.place, ids)
    documents, queries = vectors(index), embedded([q.text for q in dev])
    assert len(documents) == len(order), "target/training/index is of another number of skills"
    column = {p: i for i, p in enumerate(place)}
    for width in args.widths:
        normal = lambda rows: rows[:, :width] / np.linalg.norm(rows[:, :width], axis=1, keepdims=True)
        similarity = normal(queries) @ normal(documents).T
        alone, mixed = [], []
        for query, row, found in zip(dev, similarity, words):
            alone.append(metrics(place[np.argsort(-row)[:50]].tolist(), query.right))
            score = weight * row
            for route in found.routes:
                score[column[route["place"]]] += route["lexical_score"] + (10 if route.get("named") else 0)
            mixed.append(metrics(place[np.argsort(-score)[:50]].tolist(), query.right))
        cells = [f"{values[i]:.3f}".lstrip("0") for values in (np.mean(alone, 0), np.mean(mixed, 0)) for i in (0, 4)]
        print(f"| {width} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
