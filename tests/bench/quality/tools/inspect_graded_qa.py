"""Inspect: model_graded_qa with partial credit, over a task whose solver hands the answer on."""

import os
import time

from tests.bench.quality.tools.common import (
    KEY,
    MODEL,
    arguments,
    read,
    stats,
    told,
    wanted,
    write,
)

_CREDIT = {"C": 1.0, "P": 0.5, "I": 0.0}


def main() -> None:
    """Grades the sample."""
    given = arguments(__doc__)
    os.environ |= {"OPENAI_BASE_URL": given.base_url, "OPENAI_API_KEY": KEY}
    from inspect_ai import Task
    from inspect_ai import eval as run
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ModelOutput
    from inspect_ai.scorer import model_graded_qa
    from inspect_ai.solver import Generate, Solver, TaskState, solver

    before, started = stats(given.base_url), time.time()
    done = {result["id"] for result in read(given.out)}
    answers = {item["id"]: item["answer"] for item in given.items if item["id"] not in done}

    @solver  # type: ignore[untyped-decorator,unused-ignore]
    def hand_on() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            state.output = ModelOutput.from_content(MODEL, answers[str(state.sample_id)])
            return state

        return solve

    samples = [
        Sample(id=item["id"], input=item["question"], target=wanted(item))
        for item in given.items
        if item["id"] in answers
    ]
    task = Task(
        dataset=MemoryDataset(samples),
        solver=hand_on(),
        scorer=model_graded_qa(partial_credit=True, model=f"openai/{MODEL}"),
    )
    logs = run(
        task,
        model=f"openai/{MODEL}",
        max_connections=given.slots,
        max_samples=given.slots,
        display="none",
        log_dir=str(given.out.with_suffix(".logs")),
        fail_on_error=False,
    )
    results = []
    for sample in logs[0].samples or []:
        score = next(iter((sample.scores or {}).values()), None)
        letter = score.value if score else None
        credit = _CREDIT.get(str(letter))
        results.append({"id": sample.id, "score": credit, "error": None if score else "unscored"})
    write(given.out, results)
    told(given, before, started)


if __name__ == "__main__":
    main()
