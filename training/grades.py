"""What grades say of answers: how often the first route serves, and whether the fit means what it says."""

from __future__ import annotations

import numpy as np

from pool import SERVES, Graded
from router import Found

WORDS = ["none", "weak", "likely", "strong"]
FIRST_COLUMNS = ["first route serves", "at least partly", "one of the first three serves", "first route not judged"]


def first_grade(found: Found, grades: dict[int, int]) -> int | None:
    """The grade of the first route; `None` where nobody read it for this query."""
    return grades.get(found.places[0]) if found.places else 0


def firsts(found: list[Found], graded: list[Graded]) -> list[float]:
    """FIRST_COLUMNS; the first three of those whose routes were judged."""
    grades = {one.query.qid: one.grades for one in graded}
    rows = [(row, grades[row.query.qid]) for row in found if row.query.qid in grades]
    first = [grade for row, of in rows if (grade := first_grade(row, of)) is not None]
    three = [[of[place] for place in row.places[:3] if place in of] for row, of in rows]
    three = [SERVES in some for some in three if some]
    return [np.mean(np.array(first) == SERVES), np.mean(np.array(first) > 0), np.mean(three), 1 - len(first) / len(rows)]


def calibration_error(p: np.ndarray, serves: np.ndarray, n_bins: int = 10) -> float:
    """Mean distance of what was said to what came, over bins of equal width weighted by their size (Naeini et al. 2015)."""
    bins = np.minimum((p * n_bins).astype(int), n_bins - 1)
    return float(sum(abs(p[bins == n].mean() - serves[bins == n].mean()) * (bins == n).mean() for n in set(bins.tolist())))


def judged(found: list[Found], graded: list[Graded]) -> tuple[list[Found], np.ndarray, np.ndarray]:
    """Answers whose first route somebody judged, whether it serves, and whether the query is a graded one; the others are taken for
    tasks that no skill serves.
    """
    grades = {one.query.qid: one.grades for one in graded}
    rows = [(row, first_grade(row, grades.get(row.query.qid, {place: 0 for place in row.places})), row.query.qid in grades) for row in found]
    rows = [row for row in rows if row[1] is not None]
    return [row[0] for row in rows], np.array([row[1] == SERVES for row in rows], float), np.array([row[2] for row in rows])


def fit_tables(found: list[Found], graded: list[Graded]) -> str:
    """Whether the fit of first routes means what it says: by word, and by probability."""
    rows, serves, answerable = judged(found, graded)
    p = np.array([row.fit["p"] if row.fit else 0.0 for row in rows])
    said = np.array([row.fit["word"] if row.fit else "none" for row in rows])
    unserved = ~answerable
    share = lambda values: f"{values.mean():.2f}" if len(values) else ""
    text = f"Calibration error {calibration_error(p[answerable], serves[answerable]):.3f} on queries that some skill serves, "
    text += f"{calibration_error(p, serves):.3f} with the unserved ones. `none` is said of {np.mean(said[unserved] == 'none'):.2f} of the unserved tasks, and of "
    text += f"{np.mean(said[serves == 1] == 'none'):.3f} of the first routes that serve.\n\n"
    text += "| word | first routes | of these serve | unserved tasks | of all serve |\n| --- | --- | --- | --- | --- |\n"
    for word in WORDS:
        here = said == word
        text += f"| {word} | {(here & answerable).sum()} | {share(serves[here & answerable])} | {(here & unserved).sum()} | {share(serves[here])} |\n"
    text += "\n| said | first routes | mean p | of these serve |\n| --- | --- | --- | --- |\n"
    for low in np.arange(0, 1, 0.1):
        here = (p >= low) & (p < low + 0.1 + (low > 0.85)) & answerable
        text += f"| {low:.1f} to {low + 0.1:.1f} | {here.sum()} | {share(p[here])} | {share(serves[here])} |\n"
    return text
