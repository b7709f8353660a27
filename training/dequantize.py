"""The default encoder as a folder that PyTorch reads, so that training goes on from it: `encoder.py --start`.

Weights of 8 bits become f32 again; the layout is that of src/format.rs and src/model/weights.rs.
"""

from __future__ import annotations

import argparse
import json
import struct
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from transformers import BertConfig

import bert
from router import ENCODER, WORK

HEADER_BYTES, BLOCK = 32, 32


def tensors(path: Path):
    """Names and f32 arrays of a file of weights."""
    payload = path.read_bytes()[HEADER_BYTES:]
    (n_json,) = struct.unpack_from("<I", payload)
    place = 4 + n_json
    for entry in json.loads(payload[4:place]):
        shape = entry["shape"]
        if "rows" in entry:
            raise SystemExit(f"{entry['name']} is cut into several files, which this script does not read")
        if entry["dtype"] == "f32":
            values = np.frombuffer(payload, np.float32, int(np.prod(shape)), place)
            place += values.nbytes
        elif entry["dtype"] == "q8":
            n, k = shape
            quants = np.frombuffer(payload, np.int8, n * k, place).reshape(n, k)
            n_blocks = -(-k // BLOCK)
            scales = np.frombuffer(payload, np.float16, n * n_blocks, place + n * k).reshape(n, n_blocks)
            values = quants * scales.astype(np.float32).repeat(BLOCK, 1)[:, :k]
            place += quants.nbytes + scales.nbytes
        else:
            raise SystemExit(f"{entry['name']} has weights of {entry['dtype']}, which this script does not read")
        yield entry["name"], np.ascontiguousarray(values.reshape(shape))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=ENCODER)
    parser.add_argument("--out", type=Path, default=WORK / "encoder-f32")
    args = parser.parse_args()
    manifest = json.loads((args.model / "model.json").read_text())
    args.out.mkdir(parents=True, exist_ok=True)
    found = dict(pair for file in manifest["weights"] for pair in tensors(args.model / file["file"]))
    save_file(found, args.out / "model.safetensors", metadata={"format": "pt"})
    BertConfig(**manifest["config"]).save_pretrained(args.out)
    (args.out / "tokenizer.json").write_bytes((args.model / manifest["tokenizer"]["file"]).read_bytes())
    (args.out / "tokenizer_config.json").write_bytes((bert.base_folder() / "tokenizer_config.json").read_bytes())
    print(f"{len(found)} tensors in {args.out}")


if __name__ == "__main__":
    main()
