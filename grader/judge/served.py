"""The trained judge behind somebody's server: what its requests are sent with.

Whatever the server, it must read the very tokens that the embedded engine reads, and take the
likeliest of them.
"""

from typing import Any

from grader.llm.embedded.engine import as_read
from grader.llm.request import Ask, Reply

NEUTRAL = {"repetition_penalty": 1}
"""What servers take from the model's own settings unless it is said: a penalty on words that stand
in the prompt already would turn the number of the sentence into another."""


def as_served(ask: Ask) -> Ask:
    """Returns what asks a server of the trained judge: *ask* with the prompt as it is read."""

    async def asked(body: dict[str, Any]) -> Reply:
        return await ask({**NEUTRAL, **body, "prompt": as_read(body["prompt"])})

    return asked
