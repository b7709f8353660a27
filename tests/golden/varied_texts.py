"""Texts of many kinds to compare tokenizers with, made from templates and word lists of our own."""

import random

VERBS = "merge split convert summarise translate deploy review refactor encrypt schedule rename plot".split()
ADJECTIVES = "new broken quarterly encrypted half-finished well-known naïve co-owned O'Brien's 3rd".split()
NOUNS = "invoice spreadsheet container contract test database photo calendar API résumé wallpaper PDF".split()
PLACES = "Lisbon,São Paulo,Łódź,Kraków,the cloud,my laptop,staging,/var/log,C:\\Users\\Ann,S3".split(",")
IDENTIFIERS = "parse_row readAll HTTPServer2 _tmp __init__ MAX_LEN xs i δ user.name x1y2 snake_caseAndCamel".split()
OPERATORS = "+ - * / % == != <= >= && || -> => :: << >>= |> ?. ...".split()
HOSTS = "br ca.gov example.org my-site.example münchen.example 例え.example".split()

CHINESE = (
    "把 这些 收据 转成 电子表格 请 检查 合同 里的 每一条 并 总结 。 ， 「重要」 繁體 資料庫 𠮷野家 第3页 ＡＢＣ１２３".split()
)
JAPANESE = "レシート を 表計算 に 入れる 下さい 。 ﾊﾝｶｸ データベース が ぎ パ 東京 ー 〜 々 ﾞ".split()
KOREAN = "영수증을 표로 정리해 줘 데이터베이스 백업 파일 한글 ㅋㅋ".split()
ARABIC = "حوّل هذه الإيصالات إلى جدول مُحَمَّد ٢٠٢٤ ، ؟ لا ـــ الملفّ".split()
HINDI = "इन रसीदों को तालिका में बदलो । क्षत्रिय ज्ञान हिन्दी १२३ क़ानून ज़रूर क\u093cानून \u0958लम".split()
OTHERS = (
    "преобразуй чеки в таблицу ёлка й Ελλάδα σας ΰ İstanbul ışık Việt Nam tiếng Việt ไทย ภาษาไทย שָׁלוֹם עולם "
    "ქართული հայերեն ትግርኛ தமிழ் বাংলা ខ្មែរ"
).split()
SCRIPTS = [CHINESE, JAPANESE, KOREAN, ARABIC, HINDI, OTHERS]

# Joiners, skin tones, flags, keycaps, variation selectors, tags.
EMOJI = (
    "🎉 🚀 👍🏽 👩\u200d💻 👨\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 🇵🇹 🇧🇷🇨🇦 3\ufe0f\u20e3 ❤\ufe0f ☕ 🧑🏿\u200d🚀 🤷\u200d♀\ufe0f "
    "🏴\U000e0067\U000e0062\U000e007f"
).split()
# NFC composes, reorders, replaces, or decomposes these, or must leave them alone.
COMBINING = [
    "re\u0301sume\u0301", "A\u030a", "\u212b", "\u2126", "o\u0302\u0323", "o\u0323\u0302", "q\u0307\u0323",
    "\u1e9b\u0323", "n\u0303o", "\u1112\u1161\u11ab\u1100\u1173\u11af", "か\u3099", "ハ\u309a", "\uf900", "\ufb01",
    "\u0958", "\u0344", "\u2adc", "Z\u0351\u036bA\u0343L", "e\u0301\u0301", "\u0301", "\u03b1\u0345\u0301",
    "e\u200d\u0301",
]
SPACES = [
    " ", "  ", "    ", " " * 17, "\t", "\t\t", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", " \n", "\n ", " \t \n\t ",
    "\u00a0", "\u3000", "\u2028", "\x85",
]
SPECIAL = [
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<think>", "</think>", "<tool_call>", "</tool_call>",
    "<|fim_prefix|>", "<|vision_pad|>", "<|im_start", "im_end|>", "<|IM_END|>", "< think>", "<|<|im_end|>|>",
]
CONTRACTIONS = (
    "it's IT'S they'll We'Ve I'd i'M you're O'Reilly rock'n'roll don’t 's 'tis 'twas it'ſ d'être l'été".split()
)
NUMBERS = (
    "0 7 42 007 3.14159 1,000,000 -1e-9 0xDEADBEEF 1_000 50% $100 €9.99 ¥3000 ½ x² ⅷ ① ٣٤ ১২ 2024-02-30 23:59:60 "
    "+351 1.2.3-rc4"
).split()
SIGNS = (
    "© ™ — – … “quoted” ‘single’ § ¶ † ∑ ≤ ∞ → ⇒ ░▒▓ ♥ 𝒳𝒴 𝟛 ﷽ ǆ ß ẞ ſ ŉ "
    "\ufffd \u200b \u200d \ufeff \u00ad \ue000 \x00 \x1b[0m \x7f"
).split(" ")

FIXED = [
    "", " ", "  ", "\n", "\t", "\r\n", "a", "A", "é", "中", "🎉", "'", "'s", "\x00", "hello world",
    "yes", "no", " yes", " no", "Yes", "a\u0301" * 40, "ab" * 150, "x" * 300, "0" * 64, "中" * 120, "🎉" * 30,
    " " * 200, "\n" * 50, "=" * 80, "-" * 79 + "\n", "supercalifragilisticexpialidocious" * 4,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "a  b   c    d     e", "end with spaces   ", "   begin with spaces", "line\n   \nline", "tab\t\t\ttab",
    "a\r\rb\r\n\r\nc", "".join(EMOJI), " ".join(COMBINING), "".join(SPACES), "a".join(SPACES), "".join(SPECIAL),
    " ".join(SPECIAL), " ".join(CONTRACTIONS), " ".join(NUMBERS), " ".join(SIGNS),
]


def words(rng, source, most, glue=" "):
    return glue.join(rng.choice(source) for _ in range(rng.randint(1, most)))


def task(rng):
    form = rng.choice([
        "{verb} the {adjective} {noun} from {place}",
        "Can you {verb} this {noun}, please?",
        "how do i {verb} {noun}s in {place}",
        "I'd like to {verb} my {adjective} {noun} and {other} it...",
        "{verb} {n} {noun}s; don't {other} the {adjective} one!",
        "My {noun} (the {adjective} one) won't open: what's wrong?",
        "{VERB} ALL {noun}S NOW!!!",
        '"{verb}" or "{other}" -- which {noun}?',
    ])
    verb = rng.choice(VERBS)
    return form.format(
        verb=verb, VERB=verb.upper(), other=rng.choice(VERBS), adjective=rng.choice(ADJECTIVES),
        noun=rng.choice(NOUNS), place=rng.choice(PLACES), n=rng.randint(0, 12345),
    )


def skill(rng):
    verb, noun = rng.choice(VERBS), rng.choice(NOUNS)
    steps = "".join(f"{i}. {task(rng)}\n" for i in range(1, rng.randint(2, 12)))
    tail = f"\n- **{noun}**: `{rng.choice(IDENTIFIERS)}`\n"
    return f"{verb}-{noun} | {task(rng)} | # {verb.title()}\n\n{steps}{tail}"


def markdown(rng):
    a, b, c = (rng.choice(NOUNS + IDENTIFIERS) for _ in range(3))
    return rng.choice([
        f"## {a.title()}\n\n> {task(rng)}\n\n* [{b}]({url(rng)})\n* ~~{c}~~ _{a}_\n",
        f"| {a} | {b} |\n|---|:-:|\n| {rng.choice(NUMBERS)} | `{c}` |\n",
        f"---\nname: {a}-{b}\ndescription: {task(rng)}\n---\n\n```sh\n$ {b} --{a}={c} | tee out.txt\n```\n",
        f"- [ ] {task(rng)}\n  - [x] **{a}**\n\n    {b}\n\n***\n![{c}](./{a}.png)<br/>&nbsp;",
    ])


def code(rng):
    a, b, c = (rng.choice(IDENTIFIERS) for _ in range(3))
    n, sign = rng.randint(0, 4096), rng.choice(OPERATORS)
    return rng.choice([
        f"def {a}({b}, *{c}):\n    if {b} {sign} {n}:\n        return [{c}[{n}] for _ in {b}]\n\n    raise X\n",
        f"fn {a}<'a, T: Fn(&'a str)>({b}: &mut Vec<T>) {{\n\tlet {c} = {b} {sign} 0x{n:X};\n\t// {task(rng)}\n}}\n",
        f"const {a} = async ({{ {b} }}) => (await {c}?.({n})) ?? `${{{b}}}`;",
        f"SELECT {a}, COUNT(*) FROM {b} WHERE {c} {sign} '{n}' GROUP BY 1 HAVING COUNT(*)>{n};",
        f"for f in *.{a}; do {b} \"$f\" 2>&1 | grep -vE '^\\s*#' >> /tmp/{c}.$$; done",
        f'{{"{a}": [{n}, {n}.0e-3, null], "{b}": {{"{c}": "\\u00e9\\n"}}}}',
        f"{a}:\n  - {b}: &x\n      {c}: {n}\n  - <<: *x\n",
        f"<div class=\"{a} {b}\" data-{c}='{n}'>&lt;{sign}&gt;</div>\r\n",
        f"#include <{a}.h>\n#define {b}(x) do {{ {c}(x{sign}{n}UL); }} while (0)\n",
    ])


def url(rng):
    host, path = rng.choice(HOSTS), words(rng, NOUNS + IDENTIFIERS, 3, "/")
    return rng.choice([
        f"https://www.{host}/{path}?q={rng.choice(VERBS)}%20{rng.randint(0, 99)}&lang=pt-BR#top",
        f"http://{host}:{rng.randint(1, 65535)}/{path}.html",
        f"git@{host}:{path}.git",
        f"mailto:ann.o+{rng.choice(VERBS)}@{host}",
        f"file:///{path}/../%E4%B8%AD",
        f"ssh://[2001:db8::{rng.randint(0, 9999):x}]/{path}",
    ])


def numbers(rng):
    whole = rng.randint(0, 10 ** rng.randint(1, 20))
    return f"{whole} {words(rng, NUMBERS, 6)} {rng.uniform(-1e4, 1e4):.{rng.randint(0, 9)}f}"


def scripts(rng):
    return words(rng, rng.choice(SCRIPTS), 12, rng.choice(["", " "]))


def emoji(rng):
    return words(rng, EMOJI + [task(rng)], 5, rng.choice(["", " "]))


def combining(rng):
    return words(rng, COMBINING + OTHERS + HINDI, 8, rng.choice(["", " ", "x"]))


def spaces(rng):
    between = ["", "a", "1", ".", "the", "'s", "中", "{", "//"]
    return "".join(rng.choice(SPACES) + rng.choice(between) for _ in range(rng.randint(2, 14)))


def special(rng):
    turn = rng.choice(["", "<|im_start|>user\n", " "])
    return turn + words(rng, SPECIAL + NOUNS + [task(rng)], 6, rng.choice(["", " ", "\n"]))


def long_word(rng):
    letters = rng.choice([
        "abcdefghijklmnopqrstuvwxyz", "ABCabc_019", "äöüßéñ", "АБВабв", "中文字符测试", "=-#*", "0123456789abcdef",
    ])
    return "".join(rng.choice(letters) for _ in range(rng.randint(40, 180)))


def signs(rng):
    return words(rng, SIGNS + CONTRACTIONS + OPERATORS, 8, rng.choice(["", " "]))


def mixed(rng):
    kinds = [task, url, numbers, scripts, emoji, combining, special, signs]
    glue = SPACES + ["", "", ", "]
    return "".join(rng.choice(kinds)(rng) + rng.choice(glue) for _ in range(rng.randint(2, 4)))


# What is frequent, or hard, stands here more than once.
KINDS = [
    task, task, skill, markdown, code, code, url, numbers, scripts, scripts, emoji, combining, spaces, special,
    long_word, signs, mixed, mixed,
]


def varied_texts(n, seed):
    rng = random.Random(seed)
    texts = dict.fromkeys(FIXED)
    while len(texts) < n:
        for kind in KINDS:
            texts[kind(rng)] = None
    return list(texts)[:n]
