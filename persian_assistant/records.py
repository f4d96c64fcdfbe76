"""What a conversation is made of. Knows nothing of disk, models or screens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypedDict

Role = Literal["system", "user", "assistant"]


class ChatMessage(TypedDict):
    """Hugging Face's own form of a message, as chat templates take it."""

    role: str
    content: str


FIRST_TRAINING = "train"
"""`kind` in the settings of a version that `train` made of a data set, not a learning pass."""


@dataclass(frozen=True)
class Message:
    """One turn of one speaker."""

    role: Role
    content: str

    def as_chat(self) -> ChatMessage:
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True)
class Example:
    """One conversation ready for training; the three lists have the same length."""

    input_ids: list[int]
    labels: list[int]
    """`input_ids` where the weight is above zero, -100 elsewhere (not shifted, as transformers wants)."""
    loss_weights: list[float]
    """Loss weight of each token, 0 for the template's own."""
    kl_weight: float = 0.0
    """Weight of the divergence from the base model, on the tokens that carry loss."""

    def __len__(self) -> int:
        return len(self.input_ids)

    @property
    def trains(self) -> bool:
        """Whether any label carries loss."""
        return any(weight > 0 for weight in self.loss_weights[1:])


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
    rating: Literal["good", "bad"] | None = None
    """What the user said of the answer with /good or /bad; a bad one trains nothing."""
    stepped_in: Literal["answered", "distress"] | None = None
    """What the program did itself: it answered, or called the turn bad, because it speaks of distress."""

    @property
    def complete(self) -> bool:
        return self.assistant is not None and not self.interrupted


@dataclass(frozen=True)
class Fact:
    """One thing the user told the assistant, as the `facts` of a profile keep it."""

    id: str
    """`<seq of the journal entry that stated it>.<1, 2, …>`."""
    seq: int
    """Journal number of the entry that stated it (or corrected it last)."""
    kind: Literal["stated", "taught", "fixed"]
    """Read out of chat by rules; `/teach question => answer`; `/fix better reply`."""
    subject: str
    """Whose it is: «کاربر», or who is spoken of as the user calls them: «برادر», «قناری». Empty unless
    stated."""
    attribute: str
    """What is told of the subject: «اسم», «محل زندگی»; of a taught one the question, of a fixed one what the
    user had said."""
    value: str
    """The answer itself: «نغمه»; of a taught or fixed one the whole answer."""
    sentence: str
    """The words it was read from."""
    key: str
    """Facts with one key speak of the same thing; a later one of a single-valued key supersedes the one
    before."""
    single: bool = True
    """False where many values hold at once (likes, journeys): nothing is superseded then, unless equal."""
    details: dict[str, str] = field(default_factory=dict, hash=False)
    """What the views need to phrase it: the rule's name and the parts it found."""
    supersedes: str | None = None
    """Id of the fact it replaced."""


@dataclass(frozen=True)
class View:
    """One way to train or to probe a fact."""

    messages: tuple[Message, ...]
    """A conversation that ends with the assistant; the assistant's turns carry the loss."""
    kind: Literal["direct", "colloquial", "reversed", "statement", "negative", "said"]
    fact_id: str | None = None
    """None for negatives."""
    answers: tuple[str, ...] = ()
    """Any of these within a reply makes it right; empty for negatives."""


@dataclass(frozen=True)
class Lessons:
    """What there is to learn, as a pass is given it."""

    exchanges: tuple[Exchange, ...] = ()
    """New ones, oldest first."""
    new_facts: tuple[Fact, ...] = ()
    """Live, and told since the newest version."""
    earlier_facts: tuple[Fact, ...] = ()
    """Live, and told before."""
    said: tuple[Exchange, ...] = ()
    """Of `exchanges` those that hold as they were said."""
    earlier_said: tuple[Exchange, ...] = ()
    """Some of those told before the newest version that hold as they were said."""
    rebuild: bool = False
    """Something learned before was taken back: start from the base."""
    fallen_back: bool = False
    """Versions that knew more are gone, for they knew something forgotten."""

    @property
    def count(self) -> int:
        """Exchanges and lessons given outside of them."""
        seqs = {exchange.seq for exchange in self.exchanges}
        return len(seqs | {fact.seq for fact in self.new_facts})
