"""One training run: steps of AdamW until its minutes are spent or its steps are done, with a log and checkpoints. Begun again, it goes on where it was.

What is trained, and on what, is the caller's business: it takes each batch from `steps`, does the backward pass, and says the loss.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

import bert

SAVED_EVERY_S = 300
LOGGED_EVERY_STEPS = 20


class Run:
    """A run that writes the model, the tokenizer of `source` and `files` (name to JSON) to `out`. `kept` is saved beside the weights."""

    def __init__(self, model, source: Path, out: Path, *, lr: float, warmup_steps: int, files: dict[str, dict], minutes: float | None = None,
                 n_steps: int | None = None, kept: dict | None = None):
        self.model, self.source, self.out, self.files = model, source, out, files
        self.lr, self.limit_s, self.n_steps, self.warmup_steps = lr, minutes and minutes * 60, n_steps, warmup_steps
        self.kept = {} if kept is None else kept
        self.state = {"step": 0, "number": 0, "place": 0, "spent_s": 0.0}
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.01)
        self.losses: list[float] = []
        out.mkdir(parents=True, exist_ok=True)
        self.checkpoint = out / "checkpoint.pt"
        if self.checkpoint.exists():
            saved = torch.load(self.checkpoint, weights_only=False, map_location=bert.DEVICE)
            model.load_state_dict(saved["model"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.state = saved["state"]
            self.kept.update(saved["kept"])
            print(f"resumed at step {self.state['step']}")

    def steps(self, batches_of: Callable[[int], list]) -> Iterator:
        """The batches of pass after pass; a step is taken when the next one is asked for."""
        began, saved_at = time.time() - self.state["spent_s"], time.time()
        log = open(self.out / "log.jsonl", "a")
        while self._done() < 1:
            for batch in batches_of(self.state["number"])[self.state["place"] :]:
                for group in self.optimizer.param_groups:
                    group["lr"] = self.lr * min(1.0, (self.state["step"] + 1) / self.warmup_steps) * max(0.02, 1 - self._done())
                self.shown = {}
                yield batch
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                self.optimizer.step()
                self.optimizer.zero_grad()
                self.state |= {"step": self.state["step"] + 1, "place": self.state["place"] + 1, "spent_s": time.time() - began}
                if self.state["step"] % LOGGED_EVERY_STEPS == 0:
                    self._report(log)
                if time.time() - saved_at > SAVED_EVERY_S:
                    self.save()
                    saved_at = time.time()
                if self._done() >= 1:
                    break
            else:
                self.state |= {"number": self.state["number"] + 1, "place": 0}
        self.save()

    def _done(self) -> float:
        """The part of the run that is behind it."""
        return self.state["step"] / self.n_steps if self.n_steps else self.state["spent_s"] / self.limit_s

    def note(self, loss: float, **shown: float) -> None:
        """The loss of the step at hand, and what is to be shown beside it."""
        self.losses.append(loss)
        self.shown = shown

    def _report(self, log) -> None:
        recent = self.losses[-LOGGED_EVERY_STEPS:]
        row = {**self.state, "loss": round(sum(recent) / len(recent), 4), **self.shown, "lr": self.optimizer.param_groups[0]["lr"]}
        print(json.dumps(row), file=log, flush=True)
        more = "".join(f", {name.replace('_', ' ')} {value}" for name, value in self.shown.items())
        print(f"step {row['step']}, {row['spent_s'] / 60:.1f} min, {self._done():.0%}, loss {row['loss']}{more}", flush=True)

    def save(self) -> None:
        new = self.checkpoint.with_suffix(".new")
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "state": self.state, "kept": self.kept}, new)
        new.replace(self.checkpoint)
        self.model.save_pretrained(self.out)
        for name, content in self.files.items():
            (self.out / name).write_text(json.dumps(content, indent=2))
        for name in ("tokenizer.json", "tokenizer_config.json"):
            (self.out / name).write_bytes((self.source / name).read_bytes())
