"""The one place that turns messages into token ids, for prompts and for training examples alike.

Knows nothing of models or devices. Contents are never read as control tokens: text between two control
tokens is encoded on its own with special tokens switched off, and who owns a token (a message, or the
template) follows from its offsets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from persian_assistant.errors import ModelError
from persian_assistant.records import Example, Message
from persian_assistant.wording import say

USER_MARKER, ASSISTANT_MARKER = "کاربر:", "دستیار:"
IGNORED_LABEL = -100
ZWNJ = "\u200c"
_SLOT = re.compile("\ue000([0-9]+)\ue001")
_PLAIN_ROLE = re.compile(r"(^|\n)(\s*(?:کاربر|دستیار))(\s*:)")


_Token = tuple[int, "int | None"]


@dataclass(frozen=True)
class _Piece:
    """A stretch of rendered text; `owner` is a message's index, None for the template's own words."""

    text: str
    owner: int | None


class ChatTemplate:
    """Prompts, labels and stop conditions of one tokenizer. Thread-safe."""

    def __init__(self, tokenizer: Any, kind: str, unusable: str = "") -> None:
        self.tokenizer = tokenizer
        self.kind = kind
        """"chat" is the tokenizer's own template, "plain" ours for a base model without one."""
        self.notices = [say("model.no_chat_template", reason=unusable)] if unusable else []
        self._encoder = _plain_encoder(tokenizer)
        self._control = _control_tokens(tokenizer)
        longest_first = sorted(self._control, key=len, reverse=True)
        self._control_pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._count: Callable[[str], int] = lru_cache(maxsize=4096)(self._count_tokens)
        self._folds_system = self._starts_with_user = False
        self._text_markers: re.Pattern[str] | None = None
        self.stop_strings: list[str] = []
        if kind == "plain":
            self.stop_strings = ["\n" + USER_MARKER, "\n" + ASSISTANT_MARKER]
        else:
            self._probe()
        self.stop_token_ids: list[int] = sorted(self._find_stops())

    @classmethod
    def for_model(cls, tokenizer: Any, kind: str | None = None) -> ChatTemplate:
        """The template of `tokenizer`; `kind` ("chat" or "plain") overrides what is found.

        A chat template that fails on an ordinary conversation gives way to the plain one (see `notices`).
        Raises ModelError for a tokenizer that is not of the fast kind.
        """
        if kind == "plain" or not getattr(tokenizer, "chat_template", None):
            return cls(tokenizer, "plain")
        try:
            return cls(tokenizer, "chat")
        except _Unusable as error:
            return cls(tokenizer, "plain", unusable=str(error))

    # --- what the chat and the trainer call ---------------------------------------------------------

    def prompt_ids(self, messages: Sequence[Message], max_new_tokens: int, context_length: int) -> list[int]:
        """Token ids up to where the assistant speaks, leaving room for `max_new_tokens` in the context.

        At least half of the context is the prompt's. Oldest exchanges go first, then the front of the
        newest user turn, the end of the persona last. Raises ModelError without a user turn.
        """
        turns = list(messages)
        while turns and turns[-1].role != "user":
            turns.pop()
        if not turns:
            raise ModelError("model.no_turn")
        budget = max(context_length - max_new_tokens, context_length // 2)
        turns = [turns[index] for index in self._recent(turns, budget, prompt=True)]
        ids = self._prompt(turns)
        for slack in (0, 4, 16):  # cutting text moves token borders a little
            over = len(ids) - budget + slack
            if len(ids) <= budget:
                return ids
            turns = self._shortened(turns, over, budget)
            ids = self._prompt(turns)
        return ids[-budget:]

    def encode_example(
        self, messages: Sequence[Message], weights: Sequence[float], max_length: int | None = None
    ) -> Example:
        """A whole conversation with a loss weight per message (0..1, one for each of `messages`).

        The end-of-turn token carries the assistant's weight, role markers carry none. Over `max_length`
        tokens the oldest exchanges are dropped, then the tail is cut. Raises ValueError on a wrong length.
        """
        if len(messages) != len(weights):
            raise ValueError(f"{len(messages)} messages but {len(weights)} weights")
        kept = list(range(len(messages)))
        if max_length is not None:
            kept = self._recent(messages, max_length, prompt=False)
        tokens = self._encode([messages[index] for index in kept], prompt=False)[:max_length]
        ids = [token for token, _ in tokens]
        values = [0.0 if owner is None else float(weights[kept[owner]]) for _, owner in tokens]
        labels = [token if value > 0 else IGNORED_LABEL for token, value in zip(ids, values, strict=True)]
        return Example(ids, labels, values)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of generated ids without control tokens; a letter cut in half shows as U+FFFD."""
        return str(self._encoder.decode(list(ids), skip_special_tokens=True))

    # --- fitting into the context -------------------------------------------------------------------

    def _recent(self, messages: Sequence[Message], budget: int, *, prompt: bool) -> list[int]:
        """Indices kept: the system messages and as many of the newest exchanges as fit `budget` tokens."""
        system = [index for index, message in enumerate(messages) if message.role == "system"]
        rest = [index for index, message in enumerate(messages) if message.role != "system"]
        starts = [at for at, index in enumerate(rest) if messages[index].role == "user"] or [0]
        if starts[0] != 0:
            starts.insert(0, 0)  # an assistant's greeting before the first user turn
        estimate = sum(self._count(messages[index].content) for index in system)
        first = len(starts) - 1
        for at in range(len(starts) - 1, -1, -1):
            end = starts[at + 1] if at + 1 < len(starts) else len(rest)
            estimate += sum(self._count(messages[index].content) + 2 for index in rest[starts[at] : end])
            if estimate > budget:
                break
            first = at
        while True:
            kept = sorted(system + rest[starts[first] :])
            if first == len(starts) - 1:
                return kept
            if len(self._encode([messages[index] for index in kept], prompt=prompt)) <= budget:
                return kept
            first += 1

    def _shortened(self, turns: list[Message], over: int, budget: int) -> list[Message]:
        """`turns` with the last one cut by up to `over` tokens at its front, then the persona's end."""
        last = turns[-1].content
        have = self._count(last)
        keep = max(have - over, min(have, max(budget // 4, 1)))
        cut = [*turns[:-1], Message("user", self._cut(last, keep, front=True))]
        over -= have - keep
        for at, turn in enumerate(cut):
            if over > 0 and turn.role == "system":
                keep = max(self._count(turn.content) - over, 0)
                over -= self._count(turn.content) - keep
                cut[at] = Message("system", self._cut(turn.content, keep, front=False))
        return [turn for turn in cut if turn.role != "system" or turn.content]

    def _cut(self, text: str, keep: int, *, front: bool) -> str:
        offsets = self._encoder.encode(text, add_special_tokens=False).offsets
        if keep <= 0 or keep >= len(offsets):
            return text if keep > 0 else ""
        return text[offsets[-keep][0] :].strip() if front else text[: offsets[keep - 1][1]].strip()

    def _count_tokens(self, text: str) -> int:
        return len(self._encoder.encode(text, add_special_tokens=False).ids)

    # --- encoding -----------------------------------------------------------------------------------

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        return [token for token, _ in self._encode(messages, prompt=True)]

    def _encode(self, messages: Sequence[Message], *, prompt: bool) -> list[_Token]:
        """(token id, index of the owning message or None); the end-of-turn token is the assistant's."""
        tokens: list[_Token] = []
        section: list[_Piece] = []
        closers: list[int] = []  # positions of control tokens
        for piece in self._pieces(messages, prompt=prompt):
            if piece.owner is not None:
                section.append(piece)
                continue
            at = 0
            for match in self._control_pattern.finditer(piece.text):
                tokens += self._encode_section([*section, _Piece(piece.text[at : match.start()], None)])
                closers.append(len(tokens))
                tokens.append((self._control[match.group()], None))
                section, at = [], match.end()
            section.append(_Piece(piece.text[at:], None))
        tokens += self._encode_section(section)
        return self._with_ends(tokens, closers, messages, prompt=prompt)

    def _encode_section(self, pieces: Sequence[_Piece]) -> list[_Token]:
        """Ids of the text between two control tokens; a token that touches a content is that content's."""
        text = "".join(piece.text for piece in pieces)
        if not text:
            return []
        owner: list[int | None] = []
        for piece in pieces:
            owner += [piece.owner] * len(piece.text)
        encoded = self._encoder.encode(text, add_special_tokens=False)
        tokens: list[_Token] = []
        for token, (start, end) in zip(encoded.ids, encoded.offsets, strict=True):
            touched = owner[start:end] or owner[max(start - 1, 0) : start]
            tokens.append((token, next((one for one in touched if one is not None), None)))
        return tokens

    def _with_ends(
        self, tokens: list[_Token], closers: list[int], messages: Sequence[Message], *, prompt: bool
    ) -> list[_Token]:
        """Hand each assistant turn the control token that ends it (and blanks before it)."""
        controls = set(closers)
        last_of = {owner: at for at, (_, owner) in enumerate(tokens) if owner is not None}
        for owner, at in last_of.items():
            if messages[owner].role != "assistant":
                continue
            stop = at + 1
            while stop < len(tokens) and stop not in controls and not self.decode([tokens[stop][0]]).strip():
                stop += 1
            if stop in controls:
                tokens[at + 1 : stop + 1] = [(token, owner) for token, _ in tokens[at + 1 : stop + 1]]
            elif stop == len(tokens) and not prompt:  # the template leaves the last turn open
                tokens[at + 1 :] = [(self.tokenizer.eos_token_id, owner)]
        return tokens

    # --- rendering ----------------------------------------------------------------------------------

    def _pieces(self, messages: Sequence[Message], *, prompt: bool) -> list[_Piece]:
        """The rendered conversation, contents apart from the template's own words."""
        turns: list[tuple[str, list[int]]] = []
        for index, message in enumerate(messages):
            if not message.content.strip():
                continue
            if turns and turns[-1][0] == message.role:
                turns[-1][1].append(index)  # two in a row are one turn: strict templates refuse them
            elif not (self._starts_with_user and message.role == "assistant" and not _has_user(turns)):
                turns.append((message.role, [index]))
        contents = {
            index: self._neutralised(messages[index].content.strip()) for _, own in turns for index in own
        }
        if self.kind == "plain":
            return self._plain_pieces(turns, contents, prompt=prompt)
        rendered = self._render([(role, "\n".join(map(_slot, own))) for role, own in turns], prompt=prompt)
        return _split_slots(rendered, contents)

    def _plain_pieces(
        self, turns: Sequence[tuple[str, list[int]]], contents: dict[int, str], *, prompt: bool
    ) -> list[_Piece]:
        """Turns as «کاربر: …» and «دستیار: …» lines; the blank before a text belongs to the text."""
        pieces: list[_Piece] = []
        for role, own in turns:
            marker = {"user": USER_MARKER, "assistant": ASSISTANT_MARKER}.get(role, "")
            pieces.append(_Piece(marker, None))
            for number, index in enumerate(own):
                blank = "\n" if number else " " if marker else ""
                pieces.append(_Piece(blank + contents[index], index))
            end = {"user": "\n", "assistant": f"{self.tokenizer.eos_token}\n"}.get(role, "\n\n")
            pieces.append(_Piece(end, None))
        if prompt:
            pieces.append(_Piece(ASSISTANT_MARKER, None))
        elif turns and turns[-1][0] == "assistant":
            pieces[-1] = _Piece(self.tokenizer.eos_token, None)
        return pieces

    def _render(self, turns: Sequence[tuple[str, str]], *, prompt: bool) -> str:
        chat = [{"role": role, "content": content} for role, content in turns]
        if self._folds_system and chat and chat[0]["role"] == "system":
            persona = chat.pop(0)["content"]
            user = next((turn for turn in chat if turn["role"] == "user"), None)
            if user is None:
                chat.insert(0, {"role": "user", "content": persona})
            else:
                user["content"] = f"{persona}\n\n{user['content']}"
        rendered = self.tokenizer.apply_chat_template(
            chat, tokenize=False, add_generation_prompt=prompt, enable_thinking=False
        )
        return str(rendered)

    def _neutralised(self, text: str) -> str:
        """`text` with a zero-width non-joiner inside anything that would read as a role marker."""
        if self.kind == "plain":
            text = _PLAIN_ROLE.sub(rf"\1\2{ZWNJ}\3", text)
        elif self._text_markers is not None:
            text = self._text_markers.sub(_broken, text)
        if self._control_pattern.search(text):  # some tokenizers hold control tokens as ordinary entries
            ids = set(self._encoder.encode(text, add_special_tokens=False).ids)
            if ids & set(self._control.values()):
                text = self._control_pattern.sub(_broken, text)
        return text

    # --- what a template does, found by rendering --------------------------------------------------

    def _probe(self) -> None:
        """Find out whether the template takes a system turn and how it parts speakers. Raises _Unusable."""
        talk = [("user", 1), ("assistant", 2), ("user", 3), ("assistant", 4)]
        self._folds_system = not self._renders([("system", 0), *talk])
        if self._folds_system and not self._renders(talk):
            raise _Unusable("user/assistant")
        self._starts_with_user = not self._renders([("assistant", 0), *talk])
        markers = self._written_markers(1, 2)  # from an answer to the next question
        self.stop_strings = [f"\n{marker}" for marker in markers]
        if markers := [*markers, *self._written_markers(0, 1)]:
            self._text_markers = re.compile("|".join(map(re.escape, markers)))

    def _written_markers(self, before: int, after: int) -> list[str]:
        """Role markers that are ordinary text («<|user|>», «USER:»), not control tokens or bare words."""
        lines = "\n".join(self._control_pattern.split(self._border(before, after))).splitlines()
        return [line.strip() for line in lines if len(line.strip()) > 2 and re.search(r"[<>\[\]|#:]", line)]

    def _renders(self, turns: Sequence[tuple[str, int]]) -> bool:
        try:
            rendered = self._render([(role, _slot(index)) for role, index in turns], prompt=False)
        except Exception:  # Jinja's errors, and whatever a template raises by itself
            return False
        return [int(found) for found in _SLOT.findall(rendered)] == [index for _, index in turns]

    def _border(self, before: int = 1, after: int = 2) -> str:
        """What stands between two texts of user (0), assistant (1), user (2)."""
        if self.kind == "plain":
            return f"{self.tokenizer.eos_token}\n{USER_MARKER}"
        rendered = self._render(
            [("user", _slot(0)), ("assistant", _slot(1)), ("user", _slot(2))], prompt=True
        )
        return rendered.split(_slot(before))[1].split(_slot(after))[0]

    def _find_stops(self) -> set[int]:
        found = {self._control[text] for text in self._control_pattern.findall(self._border())}
        special = {self.tokenizer.eos_token_id, self.tokenizer.pad_token_id, self.tokenizer.bos_token_id}
        return found | {token for token in special if token is not None}


class _Unusable(Exception):
    """The tokenizer's template cannot hold an ordinary conversation."""


def _slot(index: int) -> str:
    return f"\ue000{index}\ue001"


def _has_user(turns: Sequence[tuple[str, list[int]]]) -> bool:
    return any(role == "user" for role, _ in turns)


def _broken(match: re.Match[str]) -> str:
    return match.group()[0] + ZWNJ + match.group()[1:]


def _split_slots(rendered: str, contents: dict[int, str]) -> list[_Piece]:
    pieces: list[_Piece] = []
    at = 0
    for match in _SLOT.finditer(rendered):
        index = int(match.group(1))
        pieces += [_Piece(rendered[at : match.start()], None), _Piece(contents[index], index)]
        at = match.end()
    return [*pieces, _Piece(rendered[at:], None)]


def _control_tokens(tokenizer: Any) -> dict[str, int]:
    """Text and id of every token that steers the model."""
    found = {str(token): index for index, token in tokenizer.added_tokens_decoder.items() if token.special}
    for text in tokenizer.all_special_tokens:
        found.setdefault(text, tokenizer.convert_tokens_to_ids(text))
    return found


def _plain_encoder(tokenizer: Any) -> Tokenizer:
    """A copy of the tokenizer that reads control tokens as plain text, adds none, and cuts nothing.

    A copy, because that switch is state of the tokenizer, and chat and training encode in two threads.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("model.no_tokenizer", path=tokenizer.name_or_path, reason="tokenizer.json")
    encoder = Tokenizer.from_str(backend.to_str())
    encoder.encode_special_tokens = True
    encoder.post_processor = TemplateProcessing(single="$A", pair="$A $B")  # offsets with their blanks
    encoder.no_truncation()
    encoder.no_padding()
    return encoder
