"""Qwen3-0.6B at full size on a graphics card: skillrouter through Vulkan (or Metal) beside PyTorch in bf16, in one run.

    make bench-gpu                                        (makes the random models first; GPU_ARGS="..." passes options on)

Encodes 64 and 512 tokens, and reranks 20 documents of 700 tokens with what they share computed once and without, with 4 and
8 bits. Prints a table in Markdown: medians, tokens a second, and, when `--bandwidth` and `--f32` of the card are given, the share of
each that is used: the weights once a pass, and two operations a weight and token. PyTorch runs where it finds CUDA and is
left out elsewhere; what it takes is the time of its forward pass alone, without tokenizing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from transformers import Qwen3ForCausalLM

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target/release/skillrouter"
MODELS = ROOT / "target/bench"
BYTES_A_WEIGHT = {"4 bits": 4.5 / 8, "8 bits": 8.5 / 8, "PyTorch, bf16": 2.0}
RUNS = 9


class Table:
    def __init__(self, n_weights: int, bandwidth_gb_s: float | None, f32_tflop_s: float | None):
        self.n_weights, self.bandwidth, self.f32 = n_weights, bandwidth_gb_s, f32_tflop_s
        print("| what | with | ms | tokens/s | of the bandwidth | of the f32 peak |\n| --- | --- | --- | --- | --- | --- |")

    def row(self, what: str, how: str, n_tokens: int, ms: float) -> None:
        share = lambda done, peak: f"{done / (ms / 1e3) / peak:.1%}" if peak else ""
        read = share(self.n_weights * BYTES_A_WEIGHT[how], self.bandwidth and self.bandwidth * 1e9)
        computed = share(2 * self.n_weights * n_tokens, self.f32 and self.f32 * 1e12)
        print(f"| {what} | {how} | {ms:.1f} | {n_tokens / ms * 1e3:,.0f} | {read} | {computed} |", flush=True)


def ours(table: Table, bits: int, args: argparse.Namespace) -> None:
    how = f"{bits} bits"
    command = [PROGRAM, "bench", "--device", args.device, "--model", MODELS / f"qwen3-encoder-q{bits}", "--no-search", "--json"]
    command += ["--reranker", MODELS / f"qwen3-reranker-q{bits}", "--tokens", ",".join(map(str, args.tokens))]
    command += ["--rerank", str(args.documents), "--rerank-tokens", str(args.document_tokens)]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])
    about, *rows = report["encode"]
    print(f"{how}: {about['device_name']}, loaded in {about['load_ms']} ms", file=sys.stderr)
    for row in rows:
        table.row(f"encode {row['tokens']} tokens", how, row["tokens"], row["ms"])
    rerank = report["rerank"]
    what = f"rerank {rerank['documents']} x {args.document_tokens}"
    table.row(what, how, rerank["tokens"], rerank["ms"])
    if "ms_without_sharing" in rerank:
        n_tokens = rerank["tokens"] + (rerank["documents"] - 1) * rerank["shared_tokens"]
        table.row(f"{what}, one by one", how, n_tokens, rerank["ms_without_sharing"])


def pytorch(table: Table, args: argparse.Namespace) -> None:
    model = Qwen3ForCausalLM.from_pretrained(MODELS / "qwen3", dtype=torch.bfloat16).to("cuda").model.eval()
    shapes = {f"encode {n} tokens": (1, n) for n in args.tokens}
    shapes[f"rerank {args.documents} x {args.document_tokens}"] = (args.documents, args.document_tokens)
    for what, shape in shapes.items():
        ids = torch.randint(0, 150_000, shape, device="cuda")
        times = []
        for _ in range(RUNS + 2):  # The first two warm up.
            torch.cuda.synchronize()
            start = time.perf_counter()
            with torch.no_grad():
                model(ids)
            torch.cuda.synchronize()
            times.append((time.perf_counter() - start) * 1e3)
        table.row(what, "PyTorch, bf16", shape[0] * shape[1], statistics.median(times[2:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="gpu", choices=["gpu", "cpu"])
    parser.add_argument("--tokens", type=int, nargs="*", default=[64, 512])
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--document-tokens", type=int, default=700)
    parser.add_argument("--bits", type=int, nargs="*", default=[4, 8])
    parser.add_argument("--bandwidth", type=float, help="of the card's memory, in GB/s (H200: 4800)")
    parser.add_argument("--f32", type=float, help="of the card, in TFLOP/s without tensor cores (H200: 67)")
    args = parser.parse_args()
    config = json.loads((MODELS / "qwen3/config.json").read_text())
    d, f, e = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    heads = 2 * config["num_attention_heads"] + 2 * config["num_key_value_heads"]
    table = Table(config["num_hidden_layers"] * (d * e * heads + 3 * d * f), args.bandwidth, args.f32)
    for bits in args.bits:
        ours(table, bits, args)
    if torch.cuda.is_available():
        pytorch(table, args)


if __name__ == "__main__":
    main()
