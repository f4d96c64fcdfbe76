"""Whether what a small model says out of its weights alone is worth saying.

Asked about what it never learned, it says something all the same. How likely it found its own words, and
whether they answer what was asked (the cross-encoder), tell what it knows from what it makes up: a selective
answer (El-Yaniv and Wiener 2010, "On the foundations of noise-free selective classification"; the likelihood
of a sequence as its measure as in Malinin and Gales 2021). Knows nothing of models.
"""

from __future__ import annotations

from zlib import crc32

from persian_assistant.facts.cross_encoder import cross_encoder
from persian_assistant.facts.own_life import about_own_life
from persian_assistant.facts.passages import names
from persian_assistant.facts.phrases import NOT_TOLD
from persian_assistant.facts.question import understand
from persian_assistant.facts.stems import content
from persian_assistant.text import answer_key

UNSURE = "این را درست به یاد ندارم."
"""What is said in place of an answer that is not worth saying."""
LEAST, ANSWERS = -1.25, 0.1
"""Log probability (nats, over all its tokens) of an answer that is; what the log odds that it answers count
beside that."""
BESIDE_THE_POINT = -4.0
"""Log odds that an answer answers, below which it is not worth saying however likely: of what is said this
takes 3% of the right and 13% of the wrong (LOG.md)."""


DONT_KNOW = (
    "این را نمی‌دانم؛ مدل کوچکی‌ام. اگر تو می‌دانی، با /teach یادم بده.",
    "راستش نمی‌دانم؛ من مدل کوچکی‌ام و از جهان کم می‌دانم.",
    "جوابش را نمی‌دانم و نمی‌خواهم از خودم بسازم.",
)
"""What is said in place of a guess about anything else."""
LEAST_KNOWN, LEAST_OF_A_WORD = -4.0, -0.6
"""Log probability of an answer about the world that is said, in all and for each of its words: fitting ones
of mini have −1 … −4, what it makes up −5 … −30 (LOG.md)."""


def calls_for_knowledge(question: str) -> bool:
    """Whether `question` is about the user's life: an answer to it is right or made up."""
    named = not names().isdisjoint(content(question, quick=True))
    return about_own_life(question, understand(question), named=named)


def worth_saying(question: str, answer: str, log_probability: float, ended: bool) -> str:
    """`answer`, drawn greedily, or UNSURE where it is too unlikely to be known or has no end."""
    if answer in NOT_TOLD:
        return answer
    if not answer or not ended:
        return UNSURE
    answers = cross_encoder().scores(question, [answer])[0]
    sure = answers >= BESIDE_THE_POINT and log_probability + ANSWERS * answers >= LEAST
    return answer if sure else UNSURE


def known(question: str, answer: str, log_probability: float, ended: bool) -> str:
    """`answer` to a question that is not about the user's life, or one of DONT_KNOW where it is a guess."""
    likely = log_probability >= max(LEAST_KNOWN, LEAST_OF_A_WORD * (len(answer.split()) + 1))
    fit = answer not in NOT_TOLD and answer_key(answer) != answer_key(question) and " " in answer
    if answer and ended and likely and fit:
        return answer
    return DONT_KNOW[crc32(question.encode()) % len(DONT_KNOW)]
