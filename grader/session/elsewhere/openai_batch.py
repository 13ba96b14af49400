"""Has shards answered by an endpoint's Batch API (Files and Batches, as OpenAI's)."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grader.errors import ModelFailed, Unclear
from grader.llm.endpoint import Endpoint
from grader.record import Cause
from grader.session.elsewhere.files import Read, read_replies
from grader.session.elsewhere.shards import Shard, Shards
from grader.session.run import Interrupted
from grader.text.safe import one_line

if TYPE_CHECKING:
    from grader.llm.endpoint import BatchJob, Client

Step = Literal["submit", "status", "collect"]
_ENDED = {"completed", "failed", "expired", "cancelled"}
_UPLOAD_S = 900.0
"""Seconds that one piece of an upload, or the reply to it, may take: a file has up to 200 MB, and
the provider looks through it before it replies."""
_CREATE_ATTEMPTS = 5
_EARLIER_S = 86_400.0
"""How much earlier than here the provider's clock may say that a batch was made."""
_TAG = "grade"


@dataclass
class Provider:
    """A carrier that submits shards as batches, waits for them, and collects their replies.

    A shard is marked before its batch is created and again after: whatever happens in between,
    the batch is found by the shard's token in its metadata, and no second one is made.

    Attributes:
        endpoints: where shards go, by the name that a shard has of its endpoint.
        step: do only this; None does all and waits.
        allow: is asked before anything is submitted; raises where it must not be.
        say: is told how far the batches are, in one line.
        poll_s: seconds between two looks.
    """

    shards: Shards
    endpoints: Mapping[str, Endpoint]
    folder: Path
    step: Step | None
    allow: Callable[[list[Shard]], None]
    say: Callable[[str], None]
    poll_s: float = 30.0
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    read: Read = field(default_factory=Read)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def bring(self) -> None:
        """Collects the batches that have ended meanwhile."""
        for shard in self._own("written"):
            if shard.file_id is None and not shard.path.exists():
                self.shards.drop(shard)  # its file was removed: it is written anew
        await self._look()

    async def carry(self) -> bool:
        """Submits what is written and, unless a step was asked for, waits until all has ended."""
        if self.step == "collect":
            return False
        ready = self._own("written", "sending")
        if ready:
            self.allow(ready)
        for shard in ready:
            await self._submit(shard)
        if self.step == "submit":
            return False
        while await self._look():
            await self._wait()
        return True

    def stop(self) -> None:
        """Waits no longer; the batches go on at the provider."""
        self._stopping.set()

    def _own(self, *states: Literal["written", "sending", "submitted"]) -> list[Shard]:
        """Shards of these endpoints that were made to be submitted."""
        own = self.shards.list(*states, folder=self.folder.absolute())
        return [shard for shard in own if shard.endpoint in self.endpoints]

    def _to(self, shard: Shard) -> Endpoint:
        return self.endpoints[shard.endpoint]

    async def _wait(self) -> None:
        sleeping = asyncio.ensure_future(self.sleep(self.poll_s))
        stopping = asyncio.ensure_future(self._stopping.wait())
        _, left = await asyncio.wait((sleeping, stopping), return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        if self._stopping.is_set():
            raise Interrupted

    # Submitting

    async def _submit(self, shard: Shard) -> None:
        if shard.state == "sending" and (batch := await self._find(shard)):
            self.shards.update(shard, "submitted", batch_id=batch.id)
            return
        if shard.file_id is None:
            uploaded = await self._to(shard).call(
                lambda client: client.files.create(
                    file=shard.path, purpose="batch", timeout=_UPLOAD_S
                )
            )
            # Kept at once: after a crash the file is not uploaded again
            shard = self.shards.update(shard, file_id=uploaded.id)
        shard = self.shards.update(shard, "sending")
        batch = await self._create(shard)
        self.shards.update(shard, "submitted", batch_id=batch.id)
        self.say(f"submitted {batch.id}: {shard.lines:,} requests")

    async def _create(self, shard: Shard) -> "BatchJob":
        """The batch of *shard*; where an attempt ended in doubt, it is looked for first."""
        for attempt in range(_CREATE_ATTEMPTS):
            try:
                # One attempt: again without a look might make a second batch, which is paid for
                return await self._to(shard).call(lambda client: _create(client, shard), attempts=1)
            except Unclear:
                if attempt == _CREATE_ATTEMPTS - 1:
                    raise
            except ModelFailed:
                self.shards.update(shard, "written")  # refused: there is surely none
                raise
            await self.sleep(_wait_s(attempt))
            if batch := await self._find(shard):
                return batch
        raise AssertionError

    async def _find(self, shard: Shard) -> "BatchJob | None":
        async def search(client: "Client") -> "BatchJob | None":
            async for batch in client.batches.list(limit=100):
                if (batch.metadata or {}).get(_TAG) == shard.token:
                    return batch
                # The list has the newest first
                if batch.created_at < shard.made - _EARLIER_S:
                    return None
            return None

        return await self._to(shard).call(search)

    # Waiting and collecting

    async def _look(self) -> bool:
        """Collects what has ended; whether something is still under way."""
        done = total = 0
        under_way = False
        for shard in self._own("sending"):
            if batch := await self._find(shard):
                self.shards.update(shard, "submitted", batch_id=batch.id)
        for shard in self._own("submitted"):
            batch = await self.retrieve(shard)
            counts = batch.request_counts
            done += counts.completed + counts.failed if counts else 0
            total += shard.lines
            if batch.status in _ENDED:
                await self._collect(shard, batch)
            else:
                under_way = True
        if under_way:
            self.say(f"{done:,} of {total:,} requests answered at the provider")
        return under_way

    async def retrieve(self, shard: Shard) -> "BatchJob":
        """Returns the batch of a submitted shard.

        Raises:
            ModelFailed: the provider does not give it.
        """
        return await self._to(shard).call(lambda c: c.batches.retrieve(shard.batch_id or ""))

    async def _collect(self, shard: Shard, batch: "BatchJob") -> None:
        # Of a batch that expired too: what it answered in time was paid for
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id:
                path = self.folder / f".replies-{shard.token}.tmp"
                try:
                    await self._to(shard).call(lambda c, f=file_id, p=path: _download(c, f, p))  # type: ignore[misc]
                    read_replies(self.shards, path, self.read)
                finally:
                    path.unlink(missing_ok=True)
        cause = Cause.TIMEOUT if batch.status == "expired" else Cause.HTTP_ERROR
        # After both files: what has no reply by now gets none
        detail = one_line(_detail(batch), 300)
        left = self.shards.give_up(shard, cause, f"no reply in {batch.id} ({detail})")
        self.shards.update(shard, "collected", detail=detail)
        shard.path.unlink(missing_ok=True)
        if left or batch.status != "completed":
            self.say(f"{batch.id} {detail}: {left:,} requests without a reply")


def _wait_s(attempt: int) -> float:
    """A batch that was made a moment ago may not be in the list yet."""
    return float(2 ** (attempt + 1))


async def _create(client: "Client", shard: Shard) -> "BatchJob":
    return await client.batches.create(
        input_file_id=shard.file_id or "",
        endpoint=_goes_to(shard.path),
        # The one window that the API knows
        completion_window="24h",
        metadata={_TAG: shard.token},
    )


def _goes_to(path: Path) -> Literal["/v1/completions", "/v1/chat/completions"]:
    """Where the requests of a shard go, all of them to the same place."""
    url = ""
    with suppress(OSError), path.open("rb") as file:  # once uploaded it may be gone
        url = json.loads(file.readline())["url"]
    return "/v1/completions" if url == "/v1/completions" else "/v1/chat/completions"


async def _download(client: "Client", file_id: str, path: Path) -> None:
    async with client.files.with_streaming_response.content(file_id) as reply:
        with path.open("wb") as file:
            async for chunk in reply.iter_bytes():
                file.write(chunk)


def _detail(batch: "BatchJob") -> str:
    """The state of a batch and the first error that it names."""
    errors = batch.errors.data if batch.errors and batch.errors.data else []
    return f"{batch.status}: {errors[0].message}" if errors else str(batch.status)
