"""Check how a reply sounds: no guarantees, threats, legal admissions, blame or shouting, and never hostile.

Input: {reply, sentiment}. Output: {verdict, reasons, mood}.
"""

import re
from dataclasses import dataclass
from typing import Literal

from coordination.adapters.ports import Reach, Result, Task, agent
from coordination.bundled.inputs import number_of, text_of
from coordination.bundled.sentences import sentences_of, without_markers
from coordination.bundled.sentiment import tones_of
from coordination.bundled.verdict import Finding, judged

HOSTILE = -0.6
COOL = -0.3
UPSET = -0.5


@dataclass(frozen=True, slots=True)
class Wording:
    """A way of writing that a reply should not have."""

    verdict: Literal["fail", "unsure"]
    what: str
    pattern: re.Pattern[str]


WORDINGS = (
    Wording(
        "fail",
        "guarantees something",
        re.compile(r"\b(?:i|we) (?:can )?(?:guarantee|promise|assure you)\b|\b100 ?%|\bno matter what\b", re.I),
    ),
    Wording(
        "fail",
        "sets an ultimatum",
        re.compile(
            r"\bunless you\b|\bif you (?:do not|don't)\b.{0,60}\bwe (?:will|shall)\b|\bfinal (?:warning|notice)\b", re.I
        ),
    ),
    Wording(
        "fail",
        "admits legal liability",
        re.compile(
            r"\b(?:we|i) (?:are|am|accept|admit|take)\b.{0,30}\b(?:liab\w+|negligen\w+|at fault|legal resp\w+)", re.I
        ),
    ),
    Wording(
        "fail",
        "gives legal advice",
        re.compile(r"\byou (?:should|can|could|may) sue\b|\blegal action\b|\byour legal rights?\b", re.I),
    ),
    Wording(
        "fail",
        "blames the customer",
        re.compile(r"\byour own fault\b|\byou (?:should have|failed to|forgot to|neglected to|obviously)\b", re.I),
    ),
    Wording(
        "unsure",
        "argues with the customer",
        re.compile(r"\bas i (?:already )?(?:said|told you)\b|\bcalm down\b|\bthat is not (?:true|our problem)\b", re.I),
    ),
    # Case matters here: four capitals in a row, and another word in capitals after them.
    Wording("unsure", "shouts", re.compile(r"!{2,}|\b[A-Z]{4,}(?: [A-Z]{2,})+\b")),
)


@agent
def check(task: Task, _reach: Reach) -> Result:
    """Listen to a reply as the customer would."""
    sentences = [without_markers(sentence) for sentence in sentences_of(text_of(task, "reply"))]
    moods = [float(mood) for mood in tones_of(sentences)[:, -1]]
    findings = [finding for sentence in sentences for finding in _wordings(sentence)]
    findings += [_hostile(sentence) for sentence, mood in zip(sentences, moods, strict=True) if mood <= HOSTILE]
    average = sum(moods) / len(moods)
    if average <= COOL:
        findings.append(Finding("unsure", "The reply sounds cold as a whole.", 0.6))
    if (number_of(task, "sentiment") or 0.0) <= UPSET and not re.search(
        r"\b(?:sorry|apolog)", " ".join(sentences), re.I
    ):
        findings.append(Finding("unsure", "The customer is upset, and the reply does not say sorry.", 0.7))
    return judged(findings, clean=0.9, extra={"mood": round(average, 4)})


def _wordings(sentence: str) -> list[Finding]:
    return [
        Finding(wording.verdict, f"“{sentence}” {wording.what}.", 0.9 if wording.verdict == "fail" else 0.6)
        for wording in WORDINGS
        if wording.pattern.search(sentence)
    ]


def _hostile(sentence: str) -> Finding:
    return Finding("unsure", f"“{sentence}” may sound hostile.", 0.6)
