"""What a conversation is made of. Knows nothing of disk, models or screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

Role = Literal["system", "user", "assistant"]


class ChatMessage(TypedDict):
    """Hugging Face's own form of a message, as chat templates take it."""

    role: str
    content: str


@dataclass(frozen=True)
class Message:
    """One turn of one speaker."""

    role: Role
    content: str

    def as_chat(self) -> ChatMessage:
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True)
class Exchange:
    """One user message and the assistant's answer to it.

    `assistant` is None while (or because) no answer reached the disk. `seq` is the journal number of
    the user's message. `interrupted` answers were cut by the user and never train.
    """

    seq: int
    time: float
    user: str
    assistant: str | None
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        return self.assistant is not None and not self.interrupted
