"""Trains the default reranker: a cross-encoder, on lists of first routes that were read and graded.

It starts from ms-marco-MiniLM-L-12-v2 (`cross_encoder.py`). Each list is a query with the four to nine skills that were read for it:
no unlabelled skill counts as wrong. The loss is listwise (cross-entropy to the grades of the list, ListNet, Cao et al.
2007) plus half a pointwise one, so that scores mean the same across lists. Every eighth list is kept for choosing, such
as the weight of the retrieval score. A run is resumed from its last checkpoint when it is started again.
"""

from __future__ import annotations

import argparse
import random
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax
from transformers import BertConfig, BertForSequenceClassification

import bert
from encoder import vary
from pool import SERVES, Graded, Pool
from router import WORK
from run import Run

# The contract in model.json. Of a long query its beginning and its end are read: what is asked for often comes last.
QUERY_MAX_CHARS, QUERY_TAIL_CHARS = 340, 120
DESCRIPTION_MAX_CHARS, BODY_MAX_CHARS = 500, 600
MAX_TOKENS = 160
CONTRACT = {
    "query_max_chars": QUERY_MAX_CHARS,
    "query_tail_chars": QUERY_TAIL_CHARS,
    "document": {
        "template": "{name} | {description} | {body}",
        "description_max_chars": DESCRIPTION_MAX_CHARS,
        "body_max_chars": BODY_MAX_CHARS,
        "max_tokens": MAX_TOKENS,
    },
    "fast": {"description_max_chars": 240, "body_max_chars": 0},
    "form": "pair",
}
# What the listwise loss takes a grade for, and the probability that the pointwise one asks for.
GAINS, PROBABILITIES = [0.0, 0.25, 1.0], [0.02, 0.4, 0.97]
POINTWISE = 0.5
# Bodies are not read where a page has only cards, so a part of the lists has none.
WITHOUT_BODIES = 0.25


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--start", type=Path, default=WORK / "reranker-base", help="folder of the weights to start from")
    parser.add_argument("--out", type=Path, default=WORK / "reranker")
    parser.add_argument("--passes", type=float, default=1.5)
    parser.add_argument("--lists", type=int, default=4, help="lists in a step")
    parser.add_argument("--lr", type=float, default=6e-5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def query_text(text: str) -> str:
    """As `PairContract::text` of the program cuts it."""
    text = text.strip()
    if len(text) <= QUERY_MAX_CHARS:
        return text
    return f"{text[: QUERY_MAX_CHARS - QUERY_TAIL_CHARS]} … {text[-QUERY_TAIL_CHARS:]}"


def document(pool: Pool, place: int, body: bool) -> str:
    skill = pool.skills[place]
    return f"{skill['name']} | {skill['description'][:DESCRIPTION_MAX_CHARS]} | {skill['body'][:BODY_MAX_CHARS] if body else ''}"


def tokenizer(folder: Path) -> Tokenizer:
    """For pairs: the longer text is cut, as the program does it."""
    loaded = Tokenizer.from_file(str(folder / "tokenizer.json"))
    loaded.enable_truncation(MAX_TOKENS, strategy="longest_first")
    loaded.enable_padding()
    return loaded


def scores(model, tokens: Tokenizer, pairs: list[tuple[str, str]]) -> torch.Tensor:
    """Scores of pairs of query and document, [pairs]."""
    encoded = tokens.encode_batch(pairs)
    rows = lambda of: torch.tensor([getattr(row, of) for row in encoded], device=bert.DEVICE)
    with torch.autocast(bert.DEVICE.type, torch.bfloat16, enabled=bert.DEVICE.type == "cuda"):
        return model(input_ids=rows("ids"), attention_mask=rows("attention_mask"), token_type_ids=rows("type_ids")).logits[:, 0].float()


def loss_of(logits: torch.Tensor, grades: list[int]) -> torch.Tensor:
    gains = torch.tensor([GAINS[grade] for grade in grades], device=logits.device)
    wanted = torch.tensor([PROBABILITIES[grade] for grade in grades], device=logits.device)
    pointwise = binary_cross_entropy_with_logits(logits, wanted)
    # A list of one grade says nothing of the order.
    if len(set(grades)) == 1:
        return POINTWISE * pointwise
    listwise = -(gains / gains.sum() * log_softmax(logits, 0)).sum()
    return listwise + POINTWISE * pointwise


def load(folder: Path) -> BertForSequenceClassification:
    config = BertConfig.from_pretrained(folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, classifier_dropout=0.0)
    return BertForSequenceClassification.from_pretrained(folder, config=config, dtype=torch.float32, attn_implementation="eager").to(bert.DEVICE)


def training_lists(pool: Pool) -> list[Graded]:
    """Lists for training, without skills that dev or our own evaluation ask for."""
    lists = []
    for graded in pool.graded("train"):
        grades = {place: grade for place, grade in graded.grades.items() if place not in pool.held_out}
        if len(grades) > 1 and not graded.for_choosing:
            lists.append(Graded(graded.query, grades))
    return lists


class Step:
    """The work of one step: gradients of lists, each in a thread of its own.

    On a busy machine this takes a third of the processor time that two threads take for one product, where each waits for
    the other.
    """

    def __init__(self, model, tokens: Tokenizer, pool: Pool, n_threads: int):
        self.model, self.tokens, self.pool = model, tokens, pool
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.threads = ThreadPoolExecutor(n_threads, initializer=torch.set_num_threads, initargs=(1,))

    def backward(self, batch: list[Graded], seed: int) -> tuple[float, list[bool]]:
        """Leaves the mean gradient of the lists; returns their loss, and whether the first one of each serves, where one does."""
        seeds = range(seed * len(batch), (seed + 1) * len(batch))
        parts = list(self.threads.map(self._list, batch, seeds))
        for parameter, *gradients in zip(self.parameters, *(gradients for _, gradients, _ in parts)):
            parameter.grad = sum(gradients) / len(batch)
        return sum(loss for loss, _, _ in parts) / len(batch), [serves for _, _, serves in parts if serves is not None]

    def _list(self, graded: Graded, seed: int) -> tuple[float, tuple[torch.Tensor, ...], bool | None]:
        rng = random.Random(seed)
        query, body = query_text(vary(graded.query.text, rng)), rng.random() >= WITHOUT_BODIES
        grades = list(graded.grades.values())
        logits = scores(self.model, self.tokens, [(query, document(self.pool, place, body)) for place in graded.grades])
        loss = loss_of(logits, grades)
        return loss.item(), torch.autograd.grad(loss, self.parameters), grades[int(logits.argmax())] == SERVES if SERVES in grades else None


def main() -> None:
    args = parse()
    pool = Pool(args.data)
    model = load(args.start)
    # The table of words knows more words than the lists have; left as it is, it costs no time either.
    model.bert.embeddings.requires_grad_(False)
    model.train()
    step = Step(model, tokenizer(args.start), pool, args.threads)
    lists = training_lists(pool)
    n_steps = int(args.passes * (len(lists) // args.lists))
    run = Run(model, args.start, args.out, lr=args.lr, n_steps=n_steps, warmup_steps=40, files={"contract.json": CONTRACT})
    print(f"{len(lists)} lists, {sum(len(graded.grades) for graded in lists)} pairs, {n_steps} steps", flush=True)

    def batches_of(number: int) -> list[list[Graded]]:
        order = lists.copy()
        random.Random(args.seed * 1000 + number).shuffle(order)
        return [order[n : n + args.lists] for n in range(0, len(order) - args.lists + 1, args.lists)]

    recent: deque[bool] = deque(maxlen=200)
    for batch in run.steps(batches_of):
        loss, serves = step.backward(batch, args.seed * 100_000 + run.state["step"])
        recent.extend(serves)
        run.note(loss, first_serves=round(sum(recent) / max(1, len(recent)), 3))


if __name__ == "__main__":
    main()
