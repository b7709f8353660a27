"""The skills, and queries with right answers: what everything here trains and measures on.

The data folder (`--data`) is described in README.md. Texts of others stay there; nothing of them is written into this
repository. A skill counts as *held out* when it is a right answer in dev or in our own evaluation queries, or bears
the name of one: no training pair may point to it.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

TRAINING = Path(__file__).parent
# Of the document contract in model.json (SkillRouter, arXiv 2603.22455).
DESCRIPTION_MAX_CHARS, BODY_MAX_CHARS, QUERY_MAX_CHARS = 500, 8_000, 2_000
N_PERMUTATIONS = 64
SERVES = 2  # the grade of a skill that serves the very task
# Items of lists in bodies: many are steps or answers and no queries.
NOISY_KINDS = {"section_item"}


@dataclass
class Query:
    qid: str
    text: str
    kind: str
    lang: str
    right: list[int]  # places in the pool


@dataclass
class Graded:
    """A query and skills that were read for it: grade 2 serves the task, 1 serves a part of it, 0 does not."""

    query: Query  # right are those that serve
    grades: dict[int, int]  # by place in the pool

    @property
    def for_choosing(self) -> bool:
        """Whether a list of train is kept from training rerankers: every eighth is."""
        return zlib.crc32(self.query.qid.encode()) % 8 == 0


@dataclass
class Pair:
    text: str
    skill: int  # place in the pool
    kind: str


def lines(path: Path):
    with (gzip.open(path, "rt") if path.suffix == ".gz" else open(path)) as file:
        return [json.loads(line) for line in file if line.strip()]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


class Pool:
    def __init__(self, data: Path, n_skills: int | None = None):
        if not (data / "skills.jsonl.gz").exists():
            raise SystemExit(f"{data}/skills.jsonl.gz is missing; training/README.md says what belongs there")
        self.data = data
        self.skills = lines(data / "skills.jsonl.gz")[:n_skills]
        self.place = {skill["id"]: place for place, skill in enumerate(self.skills)}

    def __len__(self) -> int:
        return len(self.skills)

    def document(self, place: int, *, description: bool = True) -> str:
        skill = self.skills[place]
        description_text = skill["description"][:DESCRIPTION_MAX_CHARS] if description else ""
        return f"{skill['name']} | {description_text} | {skill['body'][:BODY_MAX_CHARS]}"

    # --- queries -----------------------------------------------------------------------------------------------------

    def queries(self, part: str) -> list[Query]:
        """Queries of skill authors: `train` or `dev`."""
        right: dict[str, list[int]] = {}
        for line in open(self.data / part / "qrels.tsv"):
            qid, skill_id, _ = line.rstrip("\n").split("\t")
            if skill_id in self.place:
                right.setdefault(qid, []).append(self.place[skill_id])
        return [
            Query(q["qid"], q["text"], q["kind"], q["lang"], right[q["qid"]])
            for q in lines(self.data / part / "queries.jsonl")
            if q["qid"] in right
        ]

    def own_queries(self, name: str) -> list[Query]:
        """Queries written for this project, in `tasks/`: `train` or `eval`."""
        return [
            Query(q.get("qid", f"own-{n}"), q["text"], q["kind"], q["lang"], [self.place[q["skill_id"]]])
            for n, q in enumerate(lines(TRAINING / "tasks" / f"{name}.jsonl"))
            if q["skill_id"] in self.place
        ]

    def graded(self, part: str) -> list[Graded]:
        """Judgements of first routes: `train` or `dev`. Those of held-out skills are not for training."""
        grades: dict[str, dict[int, int]] = {}
        for line in open(self.data / "graded" / f"{part}.tsv"):
            qid, skill_id, grade = line.rstrip("\n").split("\t")
            if skill_id in self.place:
                grades.setdefault(qid, {})[self.place[skill_id]] = int(grade)
        own = self.data / "graded" / f"{part}-own-queries.jsonl"
        texts = lines(self.data / part / "queries.jsonl") + (lines(own) if own.exists() else [])
        serving = lambda qid: [place for place, grade in grades[qid].items() if grade == SERVES]
        return [
            Graded(Query(row["qid"], row["text"], row.get("kind", "own"), row.get("lang", ""), serving(row["qid"])), grades[row["qid"]])
            for row in texts
            if row["qid"] in grades
        ]

    def should_not_trigger(self, part: str) -> list[tuple[str, list[int]]]:
        """Queries with the skills that must not be chosen."""
        rows = lines(self.data / part / "should_not_trigger.jsonl")
        return [(row["text"], [self.place[i] for i in row["not_skills"] if i in self.place]) for row in rows]

    @cached_property
    def held_out(self) -> set[int]:
        right = {place for query in self.queries("dev") + self.own_queries("eval") for place in query.right}
        names = {self.skills[place]["name"] for place in right}
        return {place for place, skill in enumerate(self.skills) if place in right or skill["name"] in names}

    # --- pairs -------------------------------------------------------------------------------------------------------

    def author_pairs(self) -> list[Pair]:
        return self._pairs((query.text, place, "author") for query in self.queries("train") for place in query.right)

    def own_pairs(self) -> list[Pair]:
        return self._pairs((query.text, query.right[0], "own") for query in self.own_queries("train"))

    def mined_pairs(self) -> list[Pair]:
        rows = [row for row in lines(self.data / "train" / "mined_pairs.jsonl.gz") if row["kind"] not in NOISY_KINDS]
        return self._pairs((row["query"], self.place[row["skill_id"]], "mined") for row in rows if row["skill_id"] in self.place)

    def _pairs(self, rows) -> list[Pair]:
        return [Pair(text, place, kind) for text, place, kind in rows if place not in self.held_out]

    def description_pairs(self, rng: random.Random, n: int) -> list[Pair]:
        """A skill's description, or a sentence or two of it, asks for its body: the document has no description then."""
        pairs = []
        for place in self._some(rng, n):
            sentences = re.split(r"(?<=[.!?。])\s+", self.skills[place]["description"].strip())
            first = rng.randrange(len(sentences))
            text = " ".join(sentences[first : first + rng.choice([1, 2, 3])])[:600]
            if len(text) >= 30:
                pairs.append(Pair(text, place, "description"))
        return pairs

    def passage_pairs(self, rng: random.Random, n: int) -> list[Pair]:
        """A passage from further down the body asks for the document: long queries, and what the first tokens omit."""
        pairs = []
        for place in self._some(rng, n):
            body = self.skills[place]["body"]
            if len(body) > 2_500:
                start = rng.randrange(1_200, len(body) - 800)
                pairs.append(Pair(body[start : start + rng.randrange(250, 1_200)], place, "passage"))
        return pairs

    def _some(self, rng: random.Random, n: int) -> list[int]:
        """Skills of different names, none held out."""
        by_name = {}
        places = [place for place in range(len(self)) if place not in self.held_out]
        rng.shuffle(places)
        for place in places:
            by_name.setdefault(self.skills[place]["name"], place)
        return list(by_name.values())[:n]

    # --- copies ------------------------------------------------------------------------------------------------------

    @cached_property
    def signatures(self) -> np.ndarray:
        """MinHash of each body's word trigrams, [n, N_PERMUTATIONS]: equal parts estimate their Jaccard similarity."""
        cache = self.data_cache("signatures.npy")
        if cache.exists() and len(found := np.load(cache)) == len(self):
            return found
        rng = np.random.default_rng(1)
        factors = rng.integers(1, 2**61, N_PERMUTATIONS, dtype=np.uint64) | np.uint64(1)
        offsets = rng.integers(0, 2**61, N_PERMUTATIONS, dtype=np.uint64)
        rows = np.zeros((len(self), N_PERMUTATIONS), np.uint32)
        for place, skill in enumerate(self.skills):
            found = words(skill["body"][:2_500])
            trigrams = [zlib.crc32(" ".join(found[n : n + 3]).encode()) for n in range(max(1, len(found) - 2))]
            rows[place] = ((np.array(trigrams, np.uint64)[:, None] * factors + offsets) >> np.uint64(32)).min(0)
        np.save(cache, rows)
        return rows

    def data_cache(self, name: str) -> Path:
        folder = TRAINING.parent / "target" / "training"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{len(self)}-{name}"

    def copies(self, a: list[int], b: list[int]) -> np.ndarray:
        """Whether skill a[i] and skill b[j] are one, [len(a), len(b)]: same name, or bodies alike by more than 0.6."""
        alike = (self.signatures[a][:, None] == self.signatures[b][None]).mean(-1) > 0.6
        return alike | (self.name_ids[a][:, None] == self.name_ids[b][None])

    @cached_property
    def name_ids(self) -> np.ndarray:
        return np.unique([skill["name"] for skill in self.skills], return_inverse=True)[1]
