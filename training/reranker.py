"""Trains the default reranker: a cross-encoder, listwise, from the trained encoder's weights.

Each list is a query with its right skill and wrong ones that the router's own first stage puts on top (`skillrouter
eval --run` over the index of `--index`), never copies of the right one. Softmax over the list (ListNet, Cao et al.
2007). A part of the lists shows the documents at length, the others as the contract's fast form does. The run is as
long as `--minutes` says; it is resumed from its last checkpoint when it is started again.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForSequenceClassification

import bert
from encoder import vary
from pool import Pair, Pool
from run import Run

# Of the contract in model.json; `fast` is what the page reads on a CPU.
QUERY_MAX_CHARS = 600
FORMS = {"fast": (240, 0, 0.85), "exact": (500, 600, 0.15)}  # characters of description and body, part of the lists
MAX_TOKENS = 256
CONTRACT = {
    "query_max_chars": QUERY_MAX_CHARS,
    "document": {
        "template": "{name} | {description} | {body}",
        "description_max_chars": FORMS["exact"][0],
        "body_max_chars": FORMS["exact"][1],
        "max_tokens": MAX_TOKENS,
    },
    "fast": {"description_max_chars": FORMS["fast"][0], "body_max_chars": FORMS["fast"][1]},
    "form": "pair",
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("target/training/reranker"))
    parser.add_argument("--start", type=Path, default=Path("target/training/encoder"), help="folder of the weights to start from")
    parser.add_argument("--program", type=Path, default=Path("target/release/skillrouter"))
    parser.add_argument("--index", type=Path, default=Path("target/training/index"), help="index of the first skills of the data")
    parser.add_argument("--model", type=Path, default=Path("models/skillrouter-mini-encoder"), help="the index's encoder")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--lists", type=int, default=12, help="lists in a step")
    parser.add_argument("--candidates", type=int, default=6, help="skills in a list")
    parser.add_argument("--depth", type=int, default=30, help="wrong ones come from so many first routes")
    parser.add_argument("--mined", type=int, default=0, help="mined pairs, a pass")
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def first_stage(args: argparse.Namespace, pool: Pool, pairs: list[Pair]) -> list[list[int]]:
    """The router's routes for each pair's query, as places in the pool."""
    folder = args.out / "first-stage"
    folder.mkdir(parents=True, exist_ok=True)
    run = folder / "run.jsonl"
    with open(folder / "queries.jsonl", "w") as queries, open(folder / "qrels.tsv", "w") as qrels:
        for n, pair in enumerate(pairs):
            queries.write(json.dumps({"qid": f"t{n}", "text": pair.text}) + "\n")
            qrels.write(f"t{n}\t{pool.skills[pair.skill]['id']}\t1\n")
    subprocess.run([args.program, "eval", "--index", args.index, "--model", args.model, "--queries", folder / "queries.jsonl",
                    "--qrels", folder / "qrels.tsv", "--run", run], check=True)
    found = {}
    for line in open(run):
        row = json.loads(line)
        found[row["qid"]] = [pool.place[route["id"]] for route in row["routes"]]
    return [found[f"t{n}"] for n in range(len(pairs))]


def document(pool: Pool, place: int, form: str) -> str:
    description_chars, body_chars, _ = FORMS[form]
    skill = pool.skills[place]
    return f"{skill['name']} | {skill['description'][:description_chars]} | {skill['body'][:body_chars]}"


def pair_rows(tokens, query: str, documents: list[str]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Token ids, mask and type ids of `[CLS] query [SEP] document [SEP]`, [documents, t]; the longer text is cut."""
    tokens.enable_truncation(MAX_TOKENS, strategy="longest_first")
    encoded = tokens.encode_batch([(query, text) for text in documents])
    ids, mask = bert.padded([e.ids for e in encoded], MAX_TOKENS)
    types = torch.zeros_like(ids)
    for n, e in enumerate(encoded):
        types[n, : len(e.type_ids)] = torch.tensor(e.type_ids)
    return ids, mask, types


def scores(model, rows) -> torch.Tensor:
    ids, mask, types = rows
    with torch.autocast(bert.DEVICE.type, torch.bfloat16):
        return model(input_ids=ids, attention_mask=mask, token_type_ids=types).logits[:, 0].float()


def load(start: Path) -> BertForSequenceClassification:
    config = BertConfig.from_pretrained(start, num_labels=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, classifier_dropout=0.1)
    return BertForSequenceClassification.from_pretrained(start, config=config, dtype=torch.float32, attn_implementation="eager").to(bert.DEVICE)


def main() -> None:
    args = parse()
    torch.manual_seed(args.seed)
    pool = Pool(args.data)
    tokens = bert.tokenizer(bert.base_folder())
    model = load(args.start)
    model.train()
    run = Run(model, bert.base_folder(), args.out, lr=args.lr, minutes=args.minutes, warmup_steps=60, files={"contract.json": CONTRACT})

    rng = random.Random(args.seed)
    mined = pool.mined_pairs()
    rng.shuffle(mined)
    pairs = [pair for pair in pool.author_pairs() + pool.own_pairs() + mined[: 2 * args.mined]]
    routes = first_stage(args, pool, pairs)
    print(f"{len(pairs)} queries with their first stage", flush=True)

    def wrong(n: int, rng: random.Random) -> list[int]:
        found = [place for place in routes[n][: args.depth] if place != pairs[n].skill]
        same = pool.copies([pairs[n].skill], found)[0] if found else []
        found = [place for place, copy in zip(found, same) if not copy]
        # The best ones more often: half from the first eight.
        near, far = found[:8], found[8:]
        half = args.candidates // 2
        return rng.sample(near, min(half, len(near))) + rng.sample(far, min(args.candidates - 1 - min(half, len(near)), len(far)))

    def batches_of(number: int) -> list[list[int]]:
        rng = random.Random(args.seed * 1000 + number)
        chosen = [n for n, pair in enumerate(pairs) if pair.kind != "mined" or rng.random() < 0.5]
        rng.shuffle(chosen)
        batches = [chosen[n : n + args.lists] for n in range(0, len(chosen), args.lists)]
        print(f"pass {number}: {len(chosen)} lists, {len(batches)} steps", flush=True)
        return batches

    right: list[float] = []
    for batch in run.steps(batches_of):
        rng = random.Random(args.seed * 7919 + run.state["step"])
        total = 0.0
        lists = []
        for n in batch:
            form = "fast" if rng.random() < FORMS["fast"][2] else "exact"
            query = vary(pairs[n].text, rng)[:QUERY_MAX_CHARS]
            places = [pairs[n].skill] + wrong(n, rng)
            if len(places) > 1:
                lists.append((query, [document(pool, place, form) for place in places]))
        by_width: dict[int, list] = {}
        # Lists of like lengths go through the model together.
        for query, documents in lists:
            rows = pair_rows(tokens, query, documents)
            by_width.setdefault(rows[0].shape[1], []).append(rows)
        for alike in by_width.values():
            logits = scores(model, [torch.cat(parts) for parts in zip(*alike)]).split([len(rows[0]) for rows in alike])
            zero = torch.zeros(1, dtype=torch.long, device=bert.DEVICE)
            loss = sum(cross_entropy(one[None], zero) for one in logits) / len(lists)
            loss.backward()
            total += loss.item()
            right += [float(one.argmax() == 0) for one in logits]
        run.note(total, right_first=round(sum(right[-160:]) / max(1, len(right[-160:])), 3))


if __name__ == "__main__":
    main()
