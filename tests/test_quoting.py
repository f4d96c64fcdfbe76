"""An answer that begins like a given line goes on as that line, and as the model likes otherwise."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny_models import ARCHITECTURES, tiny_config, tiny_model, tiny_tokenizer
from transformers import AutoTokenizer

from persian_assistant.config import GenerationConfig, data_dir
from persian_assistant.engine import Engine
from persian_assistant.facts.phrases import LESSON, to_say
from persian_assistant.metrics import greedy_answers
from persian_assistant.persona import memory_lines, with_memory
from persian_assistant.quoting import KEPT, Quotable, Quoting, answer_ids, following, only
from persian_assistant.records import Message
from persian_assistant.serving import quotable_lines
from persian_assistant.template import ChatTemplate
from persian_assistant.wording import say

LINE = "اسم قناری تو نغمه است."
ASKED = [Message("system", with_memory("کوتاه پاسخ بده.", [LINE])), Message("user", "اسم قناریم چیه؟")]


def followed(lines: list[list[int]], said: list[int]) -> list[int] | None:
    quoting = Quoting(lines)
    for token in said:
        quoting.note(token)
    return quoting.allowed()


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ([], None),  # how it begins is its own choice
        ([1], [2, 7]),  # where two lines part, it has the choice
        ([1, 2], [3]),
        ([1, 2, 3], [9]),
        ([1, 2, 3, 9], None),  # at the end
        ([5], None),  # it says something else
        ([5, 1], None),  # what begins later is no line
        ([1, 8], None),
    ],
)
def test_what_may_come_next(said: list[int], allowed: list[int] | None) -> None:
    assert followed([[1, 2, 3, 9], [1, 7, 9], []], said) == allowed


def test_where_one_must_be_said_the_first_word_is_one_of_theirs() -> None:
    quoting = Quoting([[1, 2, 9], [4, 9], []], must=True)
    assert quoting.allowed() == [1, 4]
    quoting.note(4)
    assert quoting.allowed() == [9]
    assert Quoting([], must=True).allowed() is None


def test_only_leaves_the_others_no_chance() -> None:
    scores = torch.tensor([3.0, 1.0, 2.0])
    assert only(scores, Quoting([])) is scores
    assert only(scores, Quoting([[1], [2]], must=True)).tolist() == [-torch.inf, 1.0, 2.0]


def test_no_answer_begins_with_the_programs_own_words() -> None:
    scores = torch.tensor([3.0, 1.0, 2.0])
    quoting = Quoting([], never=[1, 0])
    assert only(scores, quoting) is scores
    quoting.note(1)
    assert only(scores, quoting).tolist() == [-torch.inf, 1.0, 2.0]
    quoting.note(2)
    assert only(scores, quoting) is scores
    quoting.note(1)  # not at the beginning
    assert only(scores, quoting) is scores


def test_what_is_kept_is_said_by_the_program_alone() -> None:
    tokenizer = AutoTokenizer.from_pretrained(data_dir() / "models" / "mini")
    template = ChatTemplate.for_model(tokenizer)
    assert say("chat.remembered", fact="@").startswith(KEPT)
    quoting, said = following(template, Quotable()), []
    for token in answer_ids(template, f"{KEPT}: تو در یزدی."):
        if quoting.forbidden() == token:
            break
        quoting.note(token)
        said.append(token)
    assert tokenizer.decode(said) == "به خاطر"
    other = following(template, Quotable())
    for token in answer_ids(template, "به خاطر می‌سپارم."):
        assert other.forbidden() != token
        other.note(token)


def engine_that_says(token: int) -> Engine:
    """Whatever it is asked, it says this token for ever."""
    tokenizer = tiny_tokenizer(ARCHITECTURES["llama"])
    model = tiny_model(tiny_config("llama", tokenizer))

    def loud(module: Any, given: Any, output: Any) -> Any:
        output.logits[..., token] += 1e4
        return output

    model.register_forward_hook(loud)
    return Engine(model, tokenizer, ChatTemplate.for_model(tokenizer))


def first_token() -> int:
    return answer_ids(ChatTemplate.for_model(tiny_tokenizer(ARCHITECTURES["llama"])), LINE)[0]


@pytest.mark.parametrize("sampled", [False, True])
def test_a_line_once_begun_is_said_to_its_end(sampled: bool) -> None:
    engine = engine_that_says(first_token())
    generation = GenerationConfig(do_sample=sampled, repetition_penalty=1.0, max_new_tokens=60)
    alone = "".join(engine.stream(ASKED, generation))
    assert alone != LINE and engine.last_stop == "length"
    assert (
        "".join(engine.stream(ASKED, generation, quotable=Quotable(("تو در یزد زندگی می‌کنی.", LINE)))) == LINE
    )
    assert engine.last_stop == "end"
    assert "".join(engine.stream(ASKED, generation, quotable=Quotable(("تو در یزد زندگی می‌کنی.",)))) == alone


def test_answers_decoded_together_have_each_their_own_lines() -> None:
    engine = engine_that_says(first_token())
    prompts = [engine.template.prompt_ids(ASKED, 60, 256), engine.template.prompt_ids(ASKED[1:], 60, 256)]
    kept, free = greedy_answers(
        engine.model, engine.template, prompts, max_new_tokens=60, quotable=[Quotable((LINE,)), Quotable()]
    )
    assert (kept.text, kept.ended) == (LINE, True)
    assert free.text != LINE and not free.ended
    bare = greedy_answers(engine.model, engine.template, prompts, max_new_tokens=60)
    assert [answer.text for answer in bare][1] == free.text and bare[0].text != LINE


@pytest.mark.parametrize("lines", [[], [LINE], [LINE, "- تو چای دوست داری."]])
@pytest.mark.parametrize("persona", ["", "تو دستیاری.\nاز کاربر می‌دانم: هیچ."])
def test_lines_are_read_out_of_the_prompt_they_were_put_into(persona: str, lines: list[str]) -> None:
    system = with_memory(persona, lines)
    messages = [*([Message("system", system)] if system else []), Message("user", "سلام")]
    assert memory_lines(messages) == lines


def test_of_a_lesson_the_answer_is_what_is_said() -> None:
    lesson = LESSON.format(question="اسم خواهرم چیه؟", answer="خواهرت اسمش مینوست")
    assert [to_say(line) for line in (lesson, LINE)] == ["خواهرت اسمش مینوست", LINE]


@pytest.mark.parametrize(
    ("line", "said", "must"),
    [
        (LINE, "اسم قناریم چیه؟", True),
        (LINE, "قناریم را از کجا خریدم", True),
        (LINE, "امروز قناری‌ام خیلی خواند.", False),
        (LESSON.format(question="خداحافظ", answer="به سلامت، زود برگرد"), "من دیگه برم", True),
    ],
)
def test_a_question_and_what_was_taught_are_answered_with_a_line(line: str, said: str, must: bool) -> None:
    messages = [Message("system", with_memory("", [line])), Message("user", said)]
    assert quotable_lines(messages) == Quotable((to_say(line),), must)
    assert quotable_lines(messages[1:]) == Quotable()


def test_an_answer_that_must_be_a_line_is_one_whatever_the_model_would_say() -> None:
    engine = engine_that_says(first_token())
    generation = GenerationConfig(do_sample=False, repetition_penalty=1.0, max_new_tokens=60)
    other = "تو در یزد زندگی می‌کنی."
    assert "".join(engine.stream(ASKED, generation, quotable=Quotable((other,), must=True))) == other
