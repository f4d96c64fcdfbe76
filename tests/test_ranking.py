"""Which of what was told answers: the network over a question's numbers, and what the memory makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from memory_parts import assert_first_line_holds, store_of
from safetensors.numpy import load_file, save_file
from torch.nn import functional

from persian_assistant.config import data_dir
from persian_assistant.facts.memory import EVERY, Memory
from persian_assistant.facts.passages import SHARES, passage
from persian_assistant.facts.ranking import FAR, Ranker, beside, ranker
from persian_assistant.facts.telling import retold
from persian_assistant.rounds import read_rounds

TOLD = (
    "سرپرستار بخش، خانم کلباسی، باز به کفش‌هام گیر داد",
    "عاشق این عطر شکوفه‌ی پرتقالم، همه میگن چی زدی",
    "پسرعموم بهروز تو جاده‌ی مخصوص باتری‌سازی داره",
    "هر سه ماه یه بار می‌رم انتقال خون، گروهم او منفیه",
    "چمدون آبیه رو دادم پدرم که ببره کاشان",
)


def test_each_share_is_held_against_the_others() -> None:
    rows = np.zeros((3, SHARES + 2), np.float32)
    rows[:, 0] = 0.2, 0.9, 0.5
    rows[:, SHARES] = 7.0
    found = beside(rows)
    assert found.shape == (3, SHARES + 2 + 3 * SHARES)
    ahead, behind, best = (found[:, SHARES + 2 + SHARES * at] for at in range(3))
    assert ahead == pytest.approx([-0.7, 0.4, -0.4])
    assert behind.tolist() == [2, 0, 1] and best == pytest.approx([0.9] * 3)
    assert (found[:, : SHARES + 2] == rows).all()
    alone = beside(rows[1:2])
    assert alone[0, SHARES + 2] == pytest.approx(0.9) and alone[0, 2 * SHARES + 2] == 0


def test_the_weights_that_ship_fit_the_numbers_and_are_worked_out_as_they_were_trained(
    tmp_path: Path,
) -> None:
    _, rows = Memory(store_of(tmp_path, TOLD)).weighed("خونم رو چند وقت یه بار اهدا می‌کنم؟")
    given = beside(np.array(rows, np.float32))
    weights = load_file(data_dir() / "words" / "ranking.safetensors")
    assert weights["mean"].shape == (given.shape[1],)
    values = torch.from_numpy(np.clip((given - weights["mean"]) / weights["deviation"], -FAR, FAR))
    tensors = {name: torch.from_numpy(one) for name, one in weights.items()}
    every = []
    for at in range(len(weights["first"])):
        hidden = values
        for layer in ("first", "second"):
            hidden = hidden @ tensors[layer][at] + tensors[f"{layer}_bias"][at]
            hidden = functional.gelu(hidden, approximate="tanh")
        scores = hidden @ tensors["last"][at] + tensors["last_bias"][at]
        every.append(torch.cat([scores, torch.zeros(1)]).softmax(0)[:-1])
    assert ranker().probabilities(rows) == pytest.approx(torch.stack(every).mean(0).tolist(), abs=1e-5)


def test_nothing_told_or_no_weights_finds_nothing(tmp_path: Path) -> None:
    assert ranker().probabilities([]) == []
    assert Ranker(tmp_path / "none.safetensors").probabilities([[0.0] * 60] * 2) == [0.0, 0.0]
    save_file({"mean": np.zeros(3, np.float32)}, tmp_path / "other.safetensors")
    assert Memory(store_of(tmp_path, ())).recall("اسم من چیست؟") == []


@pytest.mark.parametrize(
    ("question", "value"),
    [
        *(("خانم کلباسی به چی گیر داد؟", "کفش"), ("عطر محبوبم چه بویی دارد؟", "شکوفه")),
        *(("بهروز چیکاره‌ست؟", "باتری"), ("گروه خونی من چیست؟", "او منفی"), ("چمدون آبی دست کیه؟", "پدر")),
    ],
)
def test_what_answers_is_told_first(tmp_path: Path, question: str, value: str) -> None:
    assert_first_line_holds(store_of(tmp_path, TOLD), question, value)


def test_among_many_turns_it_is_still_found(tmp_path: Path) -> None:
    others = [f"کتاب شماره‌ی {number} را به کتابخانه‌ی محله پس دادم و برگشتم" for number in range(2 * EVERY)]
    store = store_of(tmp_path, [*others[:EVERY], *TOLD, *others[EVERY:]])
    memory = Memory(store)
    memory.warm()
    seqs, _ = memory.weighed("چمدون آبی دست کیه؟")
    assert 0 < len(seqs) < EVERY
    assert "پدر" in memory.recall("چمدون آبی دست کیه؟")[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("دیروز گوشی‌ام را به تعمیرگاه دادم", "گفتی دیروز گوشی‌ات را به تعمیرگاه دادی."),
        ("رفتیم شمال؟ نه، جنگل ابر، با چادر", "گفتی: «رفتیم شمال؟ نه، جنگل ابر، با چادر»"),
        (
            "سعید نبوی، چهل‌ساله، ساکن قم؛ همین کافی است.",
            "گفتی: «سعید نبوی، چهل‌ساله، ساکن قم؛ همین کافی است.»",
        ),
    ],
)
def test_a_turn_is_told_in_the_users_words_where_turning_it_loses_any(text: str, line: str) -> None:
    assert retold(text, 200) == line


def test_a_long_turn_is_cut_between_words() -> None:
    text = "دیروز " + "رفتم بازار و خریدم و " * 20
    line = retold(text, 60)
    assert line.startswith("گفتی: «دیروز رفتم") and line.endswith(" …»") and len(line) < 75
    assert set(line.strip("«» …").split()) <= set(f"گفتی: «{text}".split()) | {"گفتی:", "«دیروز"}


def test_a_change_is_told_first_and_only_to_what_it_changes(tmp_path: Path) -> None:
    store = store_of(
        tmp_path,
        [
            "جمعه‌ها پیلاتس می‌رم",
            "نردبونمو دادم به آقای صالحی، همسایه‌ی روبه‌رویی",
            "دو تا سکه برای عروسی نوید کنار گذاشتم، پیش خواهرم امانته",
            "پیلاتسو ول کردم، از این هفته می‌رم زومبا",
        ],
    )
    assert "زومبا" in Memory(store).recall("چه ورزشی می‌کنم؟")[0]
    assert "صالحی" in Memory(store).recall("نردبونم دست کیه؟")[0]


def test_a_passage_is_read_once() -> None:
    assert passage(TOLD[0]) is passage(TOLD[0])
    assert np.linalg.norm(passage(TOLD[0]).direction) == pytest.approx(1.0, abs=1e-4)
    assert not passage("۱۲").direction.any()


def test_the_tuning_rounds_stay_found(tmp_path: Path) -> None:
    rounds = read_rounds(data_dir() / "rounds" / "tuning.jsonl")
    said = [
        event for event in rounds.events if event.event == "say" and event.probes and not event.supersedes
    ][:20]
    store = store_of(tmp_path, [event.text for event in said])
    memory = Memory(store)
    right = [
        bool(found) and any(answer in found[0] for answer in probe.answers)
        for event in said
        for probe in event.probes
        for found in [memory.recall(probe.question)]
    ]
    assert sum(right) >= 0.85 * len(right)
