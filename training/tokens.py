"""The tokeniser of the base model, read from its own file: the same tokens as the engine's."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.judge import prompts
from grader.llm.embedded.engine import escape
from training.views import View

if TYPE_CHECKING:
    from gguf import GGUFReader

_SPECIAL = re.compile(r"<\|[a-z_]+\|>")
# How the base model's publisher splits text before merging bytes (tokenizer.json of Qwen 2.5).
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
END = "<|im_end|>"


@dataclass(frozen=True)
class Tokens:
    """Turns texts into token ids."""

    tokenizer: Any

    def of(self, text: str) -> list[int]:
        """Returns the ids of a text in which no special token can stand, as the engine is sent
        it."""
        return list(self.tokenizer.encode(escape(text), add_special_tokens=False).ids)

    def single(self, text: str) -> int:
        """Returns the id of a text that is one token. Raises ValueError if it is more."""
        (token,) = self.tokenizer.encode(text, add_special_tokens=False).ids
        return int(token)

    @property
    def verdicts(self) -> list[int]:
        """The ids of the four words, in the order of the verdicts."""
        return [self.single(word) for word in prompts.WORDS.values()]

    @property
    def digits(self) -> list[int]:
        """The ids of the digits 0 to 9."""
        return [self.single(str(digit)) for digit in range(10)]

    def view(self, view: View) -> dict[str, Any]:
        """Returns a view as ids: the prefix, and for each claim its suffix and its reply."""
        return {
            "prefix": self.of(view.prefix),
            "targets": [
                [self.of(t.suffix), [*self.of(t.reply), self.single(END)], t.either]
                for t in view.targets
            ],
        }


def load(weights: Path) -> Tokens:
    """Reads the tokeniser out of a GGUF file. Needs the extra `train`."""
    from gguf import GGUFReader
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    reader = GGUFReader(weights)
    words, merges = (_strings(reader, f"tokenizer.ggml.{name}") for name in ("tokens", "merges"))
    vocabulary = {word: number for number, word in enumerate(words)}
    pairs = [(first, second) for first, _, second in (m.partition(" ") for m in merges)]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [word for word in words if _SPECIAL.fullmatch(word)]
    tokenizer.add_special_tokens([AddedToken(w, normalized=False, special=True) for w in special])
    return Tokens(tokenizer)


def _strings(reader: "GGUFReader", name: str) -> list[str]:
    field = reader.fields[name]
    return [bytes(field.parts[place]).decode() for place in field.data]
