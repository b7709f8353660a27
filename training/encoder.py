"""Trains the default encoder: contrastive, from all-MiniLM-L6-v2.

Each step takes documents that are alike (groups of nearest neighbours, so that a batch is made of hard negatives) with
up to `--queries` queries each; a query is to choose its document among those of the batch. InfoNCE, tau 0.05 as in
SkillRouter (arXiv 2603.22455), on the first 384, 256 and 128 numbers of the vectors (Matryoshka, arXiv 2205.13147). Not
counted as wrong: skills of the same name, with bodies alike by more than 0.6, or with vectors alike by more than 0.92.

The run is as long as `--minutes` says; it is resumed from its last checkpoint when it is started again.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from pathlib import Path

import bm25s
import torch
from torch.nn.functional import cross_entropy, normalize

import bert
from pool import Pair, Pool
from run import Run

TAU = 0.05
WIDTHS = {384: 1.0, 256: 0.3, 128: 0.3}
GROUP = 6
SAME_COSINE = 0.92
# How it reranks by late interaction, in the words of model.json (training does not know of it: quality-choices.md says why).
# `weight` and `bias` make scores of first routes small numbers around zero, beside 9 times the retrieval score.
LATE = {
    "query_max_chars": 2_000,
    "document": {"template": "{name} | {description} | {body}", "description_max_chars": 500, "body_max_chars": 8_000, "max_tokens": 128},
    "fast": {"description_max_chars": 240, "body_max_chars": 140},
    "form": {"late": {"weight": 6.0, "bias": -8.2}},
}
# Skills that are more alike are copies of each other, more often than not, and teach nothing as negatives.
COPY_COSINE = 0.85


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("target/training/encoder"))
    parser.add_argument("--start", type=Path, help="folder of the weights to start from [all-MiniLM-L6-v2]")
    parser.add_argument("--minutes", type=float, default=65)
    parser.add_argument("--documents", type=int, default=32, help="documents in a step")
    parser.add_argument("--queries", type=int, default=3, help="queries of a document in a step")
    parser.add_argument("--author-passes", type=int, default=3, help="how often skills with queries of their authors come, a pass")
    parser.add_argument("--passages", type=int, default=1500, help="passages as queries, a pass")
    parser.add_argument("--unlabelled", type=int, default=1000, help="skills without queries, a pass")
    parser.add_argument("--document-tokens", type=int, default=160)
    parser.add_argument("--query-tokens", type=int, default=192)
    parser.add_argument("--lr", type=float, default=8e-5)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class Pass:
    """One pass over the documents: which come together, with which queries."""

    def __init__(self, pool: Pool, args: argparse.Namespace, number: int, known: dict[int, torch.Tensor]):
        self.rng = random.Random(args.seed * 1000 + number)
        self.pool, self.args = pool, args
        self.queries: dict[int, list[Pair]] = defaultdict(list)
        self.bare: set[int] = set()  # documents that are shown without their description
        for pair in pool.author_pairs() + pool.own_pairs() + pool.mined_pairs():
            self.queries[pair.skill].append(pair)
        for pair in pool.passage_pairs(self.rng, args.passages):
            self.queries[pair.skill].append(pair)
        for pair in pool.description_pairs(self.rng, args.unlabelled):
            if pair.skill not in self.queries:
                self.queries[pair.skill].append(pair)
                self.bare.add(pair.skill)
        authors = {pair.skill for pair in pool.author_pairs()}
        self.batches = self._batches(list(self.queries), known)
        for _ in range(args.author_passes - 1):
            self.batches += self._batches(list(authors), known)
        self.rng.shuffle(self.batches)

    def _batches(self, documents: list[int], known: dict[int, torch.Tensor]) -> list[list[int]]:
        self.rng.shuffle(documents)
        neighbours = self._neighbours(documents, known)
        left, groups = dict.fromkeys(documents), []
        for document in documents:
            if document in left:
                group = [document] + [other for other in neighbours[document] if other in left and other != document][: GROUP - 1]
                for member in group:
                    del left[member]
                groups.append(group)
        self.rng.shuffle(groups)
        order = [document for group in groups for document in group]
        size = self.args.documents
        return [order[n : n + size] for n in range(0, len(order) - size + 1, size)]

    def _neighbours(self, documents: list[int], known: dict[int, torch.Tensor]) -> dict[int, list[int]]:
        if len(known) > len(documents) // 2:
            have = [document for document in documents if document in known]
            vectors = torch.stack([known[document] for document in have])
            out: dict[int, list[int]] = defaultdict(list)
            for start in range(0, len(have), 512):
                cosines, near = (vectors[start : start + 512] @ vectors.T).topk(min(64, len(vectors)))
                for row, (values, places) in enumerate(zip(cosines.tolist(), near.tolist())):
                    others = [have[i] for cosine, i in zip(values, places) if cosine < COPY_COSINE][:24]
                    self.rng.shuffle(others)
                    out[have[start + row]] = others
            return out
        texts = [f"{self.pool.skills[d]['name']} {self.pool.skills[d]['description'][:300]}" for d in documents]
        tokens = bm25s.tokenize(texts, stopwords="en", show_progress=False)
        retriever = bm25s.BM25()
        retriever.index(tokens, show_progress=False)
        found, _ = retriever.retrieve(tokens, k=24, show_progress=False)
        return {document: [documents[i] for i in row] for document, row in zip(documents, found.tolist())}

    def choose(self, document: int) -> list[Pair]:
        """Queries of authors and of our own before mined ones."""
        pairs = self.queries[document]
        rank = {"own": 0, "author": 0, "mined": 0.5, "passage": 0.8, "description": 0.8}
        return sorted(pairs, key=lambda pair: rank[pair.kind] + self.rng.random())[: self.args.queries]


def vary(text: str, rng: random.Random) -> str:
    """Now and then as people type: lower case, no final mark, two letters swapped."""
    if rng.random() < 0.15:
        text = text.lower().rstrip(".?!")
    if rng.random() < 0.1 and len(text) > 12:
        place = rng.randrange(1, min(len(text), 200) - 2)
        text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text


def vectors_in_buckets(model, rows: list[list[int]], limit: int) -> torch.Tensor:
    """Vectors of texts of very different lengths, [rows, d]: those of like lengths go through the model together."""
    buckets: dict[int, list[int]] = defaultdict(list)
    for n, row in enumerate(rows):
        length = min(len(row), limit)
        buckets[next(width for width in (24, 64, 512) if length <= width)].append(n)
    parts = {n: vector for chosen in buckets.values() for n, vector in zip(chosen, bert.pooled(model, *bert.padded([rows[n] for n in chosen], limit)))}
    return torch.stack([parts[n] for n in range(len(rows))])


def loss_of(queries, documents, same, target) -> torch.Tensor:
    """queries [q, d], documents [n, d], same [q, n] (not to be counted as wrong), target [q]."""
    total = 0.0
    unit = normalize(documents.detach(), dim=-1)
    alike = unit[target] @ unit.T > SAME_COSINE
    hidden = same | alike
    hidden[torch.arange(len(target)), target] = False
    for width, weight in WIDTHS.items():
        q = normalize(queries[:, :width], dim=-1)
        d = normalize(documents[:, :width], dim=-1)
        total = total + weight * cross_entropy((q @ d.T / TAU).masked_fill(hidden, -1e4), target)
    return total / sum(WIDTHS.values())


def main() -> None:
    args = parse()
    torch.manual_seed(args.seed)
    pool = Pool(args.data)
    start_from = args.start or bert.base_folder()
    tokens = bert.tokenizer(start_from)
    model = bert.load(start_from)
    model.train()
    # `kept`: vectors of documents as they were when last seen.
    run = Run(model, start_from, args.out, lr=args.lr, minutes=args.minutes, warmup_steps=40, files={"late.json": LATE})

    def batches_of(number: int) -> list[tuple[Pass, list[int]]]:
        current = Pass(pool, args, number, run.kept)
        print(f"pass {number}: {len(current.queries)} documents, {len(current.batches)} steps", flush=True)
        return [(current, batch) for batch in current.batches]

    for current, batch in run.steps(batches_of):
        rng = random.Random(args.seed * 7919 + run.state["step"])
        pairs = [pair for document in batch for pair in current.choose(document)]
        target = torch.tensor([batch.index(pair.skill) for pair in pairs])
        texts = [pool.document(document, description=document not in current.bare) for document in batch]
        documents = bert.pooled(model, *bert.padded([e.ids for e in tokens.encode_batch(texts)], args.document_tokens))
        queries = vectors_in_buckets(model, [e.ids for e in tokens.encode_batch([vary(pair.text, rng) for pair in pairs])], args.query_tokens)
        same = torch.from_numpy(pool.copies([pair.skill for pair in pairs], batch))
        loss = loss_of(queries.cpu(), documents.cpu(), same, target)
        loss.backward()
        run.kept.update(zip(batch, normalize(documents.detach().cpu(), dim=-1)))
        run.note(loss.item())


if __name__ == "__main__":
    main()
