"""What a pass trains on: shares, weights, and what must never be in it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from learning_files import FACTS, talk
from learning_parts import exchanges
from tiny_models import SENTENCES, tiny_tokenizer

from persian_assistant.config import LearningConfig
from persian_assistant.errors import Cancelled
from persian_assistant.facts import curriculum
from persian_assistant.facts.said_views import said_lessons
from persian_assistant.facts.views import NOT_TOLD
from persian_assistant.journal import Journal
from persian_assistant.measurement import choose_probes
from persian_assistant.mixture import (
    FEWEST_EPOCHS,
    LEAST_SHARE_TOKENS,
    MOST_SAID,
    Ingredients,
    Mixture,
    _some_said,
    build_mixture,
    within,
)
from persian_assistant.records import Exchange, Fact, Lessons, Message
from persian_assistant.template import IGNORED_LABEL, ChatTemplate

SETTINGS = LearningConfig(facts=False, seed_share=0.25, general_share=0.25)
"""The words of the chat alone; views of facts have tests of their own below."""
PERSONA = "تو دستیاری مهربانی."


@pytest.fixture(scope="module")
def template() -> ChatTemplate:
    return ChatTemplate.for_model(tiny_tokenizer("mini"))


def parts(new: list[Exchange], seeds: int = 40, texts: int = 40) -> Ingredients:
    return Ingredients(
        Lessons(exchanges=tuple(new)),
        [talk(SENTENCES[at % 12], f"پاسخ شمارهٔ {at}: {SENTENCES[(at + 1) % 12]}") for at in range(seeds)],
        [f"متن شمارهٔ {at}. {SENTENCES[at % 12]}" for at in range(texts)],
        PERSONA,
    )


def mix(template: ChatTemplate, ingredients: Ingredients, seed: int = 1, **changes: object) -> Mixture:
    return build_mixture(ingredients, template, replace(SETTINGS, **changes), 200, seed)


def texts_of(template: ChatTemplate, mixture: Mixture) -> str:
    return "\n".join(template.tokenizer.decode(row.input_ids) for row in mixture.examples)


def test_shares_go_by_tokens(template: ChatTemplate) -> None:
    mixture = mix(template, parts(exchanges(400), seeds=400, texts=400))
    own = {"exchanges": 0, "seeds": 0, "texts": 0}
    for row in mixture.examples:
        text = template.tokenizer.decode(row.input_ids)
        kind = "seeds" if PERSONA in text else "texts" if text.startswith("متن") else "exchanges"
        own[kind] += len(row)
    total = sum(own.values())
    assert mixture.counts["tokens"] == total
    assert mixture.counts["exchanges"] == 400
    longest = max(map(len, mixture.examples))
    assert abs(own["exchanges"] - total / 2) <= longest
    assert abs(own["seeds"] - total / 4) <= longest
    assert abs(own["texts"] - total / 4) <= longest


def test_a_little_talk_is_held_by_more_than_its_share(template: ChatTemplate) -> None:
    mixture = mix(template, parts(exchanges(5), seeds=300, texts=300))
    seeds = [row for row in mixture.examples if PERSONA in template.tokenizer.decode(row.input_ids)]
    assert sum(map(len, seeds)) >= LEAST_SHARE_TOKENS
    assert within(mixture, SETTINGS, 10**6)[1] == FEWEST_EPOCHS < SETTINGS.num_train_epochs
    facts = with_facts(template, new=1, earlier=0)
    assert within(facts, SETTINGS, 10**6)[1] == SETTINGS.num_train_epochs


def test_no_shares_means_only_what_is_new(template: ChatTemplate) -> None:
    mixture = mix(template, parts(exchanges(5)), seed_share=0.0, general_share=0.0)
    assert mixture.counts["exchanges"] == len(mixture.examples) == 5
    assert mixture.counts["seed_examples"] == mixture.counts["general_texts"] == 0


def test_a_seed_decides_the_draw_and_the_hash_tells_the_data(template: ChatTemplate) -> None:
    ingredients = parts(exchanges(6))
    first, again, other = (mix(template, ingredients, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.data_hash != other.data_hash
    assert [row.input_ids for row in first.examples] != [row.input_ids for row in other.examples]
    changed = parts([*exchanges(5), Exchange(6, 0.0, "اسم من علی است.", "باشد.")])
    assert mix(template, changed).data_hash != first.data_hash
    assert mix(template, ingredients, user_weight=0.3).data_hash != first.data_hash


def test_weights_are_the_user_s_and_never_the_model_s(template: ChatTemplate) -> None:
    only = {"seed_share": 0.0, "general_share": 0.0}
    new = [Exchange(1, 0.0, FACTS[0], "پاسخِ خودِ مدل")]
    row = mix(template, parts(new), **only).examples[0]
    assert set(row.loss_weights) == {0.0, 0.2}
    told = [token for token, weight in zip(row.input_ids, row.loss_weights, strict=True) if weight]
    assert template.tokenizer.decode(told).strip() == FACTS[0]
    assert "پاسخِ" not in template.tokenizer.decode(row.input_ids)
    for label, token, weight in zip(row.labels, row.input_ids, row.loss_weights, strict=True):
        assert label == (token if weight else IGNORED_LABEL)
    rated = mix(template, parts(new), reply_weight=0.5, **only).examples[0]
    assert set(rated.loss_weights) == {0.0, 0.2, 0.5}
    assert mix(template, parts(new), user_weight=0.0, **only).examples == []


def test_seed_examples_come_with_the_persona_and_carry_loss_on_answers(template: ChatTemplate) -> None:
    mixture = mix(template, replace(parts(exchanges(3)), general_texts=[]))
    rows = [row for row in mixture.examples if PERSONA in template.tokenizer.decode(row.input_ids)]
    assert len(rows) == mixture.counts["seed_examples"] > 0
    for row in rows:
        text = template.tokenizer.decode(row.input_ids)
        assert text.startswith(f"<|system|>{PERSONA}")
        learned = [token for token, weight in zip(row.input_ids, row.loss_weights, strict=True) if weight]
        assert set(row.loss_weights) == {0.0, 1.0}
        answer = text.split("<|assistant|>")[1]
        assert template.tokenizer.decode(learned) == answer  # with the token that ends it
    own = replace(
        parts(exchanges(3)), general_texts=[], seed_examples=[[Message("system", "دیگری"), *talk("یک", "دو")]]
    )
    assert PERSONA not in texts_of(template, mix(template, own))


def test_unanswered_interrupted_and_undone_turns_stay_out(template: ChatTemplate, tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.jsonl")
    said = ["گفتهٔ پاسخ‌دار", "گفتهٔ بریده", "گفتهٔ بی‌پاسخ", "گفتهٔ پس‌گرفته"]
    numbers = [journal.append_user(text) for text in said]
    journal.append_assistant(numbers[0], "بله")
    journal.append_assistant(numbers[1], "ناتم", interrupted=True)
    journal.append_assistant(numbers[3], "بله")
    journal.append("undo", target=numbers[3])
    mixture = mix(template, parts(journal.exchanges()))
    text = texts_of(template, mixture)
    assert mixture.counts["exchanges"] == 1
    assert said[0] in text
    assert not any(absent in text for absent in said[1:])


def test_rows_fit_and_those_without_loss_are_left_out(template: ChatTemplate) -> None:
    long = " ".join(SENTENCES * 4)
    ingredients = Ingredients(
        Lessons((Exchange(1, 0.0, long, "باشد"),)), [talk(long, "کوتاه"), talk("کوتاه", "پاسخ")], [long], ""
    )
    mixture = mix(template, ingredients, general_share=0.35, seed_share=0.35)
    assert all(len(row) <= 200 for row in mixture.examples)
    assert all(any(row.loss_weights[1:]) for row in mixture.examples)
    assert mixture.counts["seed_examples"] == 1  # the answer of the other one lies past the end


# --- views of facts -----------------------------------------------------------------------------------


def told(at: int, name: str, seq: int) -> Fact:
    return Fact(
        f"{seq}.1", seq, "taught", "", f"نام دوست شمارهٔ {at} من چیست؟", f"نام دوست تو {name} است.",
        "", f"taught|{at}", True, {}, None,
    )  # fmt: skip


NAMES = ("نگار", "سهراب", "کتایون", "بهمن", "پروانه", "رستم", "مهتاب", "شهریار", "گلنار", "آرش")


def facts(first: int, count: int) -> tuple[Fact, ...]:
    return tuple(told(at, NAMES[at % 10], at) for at in range(first, first + count))


def with_facts(template: ChatTemplate, new: int, earlier: int, **changes: object) -> Mixture:
    lessons = Lessons(new_facts=facts(earlier, new), earlier_facts=facts(0, earlier))
    ingredients = replace(parts([], seeds=200, texts=200), lessons=lessons)
    settings = replace(LearningConfig(), **changes)
    return build_mixture(ingredients, template, settings, 200, 1)


def test_views_of_new_and_earlier_facts_are_trained(template: ChatTemplate) -> None:
    mixture = with_facts(template, new=5, earlier=5, earlier_rows=0)
    text = texts_of(template, mixture)
    assert all(name in text for name in NAMES[5:])
    assert mixture.counts["facts"] == 5
    assert mixture.counts["views"] >= 20
    assert 0 < mixture.counts["earlier_views"] < mixture.counts["views"]
    shown = [row for row in mixture.examples if "نام دوست تو" in template.tokenizer.decode(row.input_ids)]
    learned = [
        token for token, weight in zip(shown[0].input_ids, shown[0].loss_weights, strict=True) if weight
    ]
    assert template.tokenizer.decode(learned).startswith("نام دوست تو")


def test_little_that_was_told_is_all_seen_again_and_much_in_part(template: ChatTemplate) -> None:
    little = with_facts(template, new=2, earlier=3, earlier_rows=100).counts
    assert little["earlier_views"] >= 3 * 4
    much = with_facts(template, new=2, earlier=3000, earlier_rows=100).counts
    assert much["earlier_views"] == 100
    assert with_facts(template, new=2, earlier=3, replay=False).counts["earlier_views"] == 0


def test_untold_things_are_trained_and_held_to_the_base(template: ChatTemplate) -> None:
    mixture = with_facts(template, new=5, earlier=0, kl_weight=2.0)
    assert mixture.counts["negatives"] > 0
    untold = [
        row
        for row in mixture.examples
        if any(answer in template.tokenizer.decode(row.input_ids) for answer in NOT_TOLD)
    ]
    assert len(untold) >= mixture.counts["negatives"] / SETTINGS.views_per_row
    assert {row.kl_weight for row in untold} == {2.0}
    assert with_facts(template, new=5, earlier=0, negatives=0).counts["negatives"] == 0


def test_some_questions_come_with_lines_of_memory(template: ChatTemplate) -> None:
    def read(mixture: Mixture) -> list[str]:
        texts = [template.decode(row.input_ids) for row in mixture.examples]
        return [text for text in texts if "از کاربر می‌دانم:" in text]

    mixture = with_facts(template, new=3, earlier=3)
    rows = read(mixture)
    in_vain = [text for text in rows if any(answer in text for answer in NOT_TOLD)]
    assert len(rows) == mixture.counts["reading"] and 0 < len(in_vain) < len(rows)
    asked = [text.split("\n- ")[-1] for text in rows if "\n- " in text]
    assert len(asked) == len(rows) and all("؟" in text or "بگو" in text for text in asked)
    assert not read(with_facts(template, new=3, earlier=3, replay=False))


def test_no_answer_stands_under_too_many_rows(template: ChatTemplate) -> None:
    rows = with_facts(template, new=8, earlier=0, seed_share=0, general_share=0, negatives=4).examples
    answers = Counter(
        template.tokenizer.decode([t for t, w in zip(row.input_ids, row.loss_weights, strict=True) if w])
        for row in rows
    )
    assert max(answers.values()) <= len(rows) * 0.25  # of those left, a fifth of those there were


def test_a_bad_answer_trains_nothing_and_a_good_one_does(template: ChatTemplate) -> None:
    only = {"seed_share": 0.0, "general_share": 0.0, "facts": False}
    bad = Exchange(1, 0.0, FACTS[0], "پاسخ بد", rating="bad")
    assert mix(template, parts([bad]), **only).examples == []
    good = Exchange(1, 0.0, FACTS[0], "پاسخ خوب", rating="good")
    (row,) = mix(template, parts([good]), **only).examples
    assert set(row.loss_weights) == {0.0, 0.2, 0.3}


# --- facts of other rules -----------------------------------------------------------------------------


def foreign(seq: int, details: dict[str, str]) -> Fact:
    """A fact that another version of the rules wrote: no view can be made of it."""
    sentence = "اسم قناری‌ام نغمه است."
    return Fact(f"{seq}.1", seq, "stated", "قناری", "اسم", "نغمه", sentence, "اسم|قناری", True, details)


@pytest.mark.parametrize("details", [{}, {"rule": "attribute"}, {"rule": "نبوده"}])
def test_a_fact_that_cannot_be_phrased_is_left_out(
    template: ChatTemplate, details: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    broken, older = foreign(50, details), foreign(3, details)
    with pytest.raises(KeyError):
        curriculum.train_views(broken)
    lessons = Lessons(
        exchanges=(Exchange(50, 0.0, broken.sentence, "باشد."),),
        new_facts=(broken, *facts(5, 3)),
        earlier_facts=(older, *facts(0, 3)),
        said=(Exchange(50, 0.0, broken.sentence, "باشد."),),
    )
    mixture = build_mixture(
        replace(parts([], 200, 200), lessons=lessons), template, LearningConfig(earlier_rows=100), 200, 1
    )
    assert mixture.counts["facts"] == 3
    assert mixture.counts["views"] >= 12 and mixture.counts["earlier_views"] >= 12
    assert mixture.counts["negatives"] > 0
    assert mixture.counts["exchanges"] == 1
    assert "گفتی" in texts_of(template, mixture)  # what was said of it trains as words no rule read
    assert "KeyError" in caplog.text and "نغمه" not in caplog.text
    probes = choose_probes(lessons.new_facts, lessons.earlier_facts, 1)
    assert {view.fact_id for view in probes.new} == {"5.1", "6.1", "7.1"}
    assert {view.fact_id for view in probes.earlier} == {"0.1", "1.1", "2.1"}
    nothing = choose_probes([broken], [], 1)
    assert nothing.new == nothing.earlier == ()


def said(first: int, texts: list[str]) -> tuple[Exchange, ...]:
    return tuple(Exchange(first + at, 0.0, text, "باشد.") for at, text in enumerate(texts))


TWO_OF_ONE = [
    "دیشب شام خونه‌ی مینا بودیم",
    "مینا از سفر برگشته",
]


def test_a_question_that_two_turns_answer_has_the_newer_one_s_answer(template: ChatTemplate) -> None:
    earlier, new = said(1, TWO_OF_ONE[:1]), said(5, TWO_OF_ONE[1:])
    shared = {view.messages[0].content for view in said_lessons(earlier[0])}
    shared &= {view.messages[0].content for view in said_lessons(new[0])}
    assert shared, "the test wants a question that both answer"
    lessons = Lessons(exchanges=new, said=new, earlier_said=earlier, new_facts=facts(20, 1))
    mixture = mix(template, Ingredients(lessons, [], []), facts=True, earlier_share=0.4, seed_share=0.1)
    rows = [template.tokenizer.decode(row.input_ids) for row in mixture.examples]
    assert any("بودید" in row for row in rows)  # the earlier turn is seen again
    answered = [row for row in rows if any(question in row for question in shared)]
    assert answered and not any("بودید" in row for row in answered)


def test_a_pass_from_the_base_trains_what_was_just_said(template: ChatTemplate) -> None:
    old = said(1, [f"سال {year} چند هفته در سراب ماندیم و درخت کاشتیم" for year in range(1300, 1400)])
    new = said(500, ["کوه نارنجستان را دیروز با بچه‌ها بالا رفتیم"])
    drawn = _some_said([*new, *old], random.Random(1))
    assert len(drawn) == MOST_SAID and drawn[-1].seq == 500 and drawn[0].seq < 60
    assert [turn.seq for turn in drawn] == sorted(turn.seq for turn in drawn)


def test_who_does_not_wait_for_the_mixture_has_none(template: ChatTemplate) -> None:
    new = said(1, TWO_OF_ONE)
    ingredients = Ingredients(Lessons(exchanges=new, said=new), [], [])
    with pytest.raises(Cancelled):
        build_mixture(ingredients, template, LearningConfig(), 256, 1, stop=lambda: True)
