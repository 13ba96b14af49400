"""Inspect: model_graded_qa with partial credit, over a task whose solver hands the answer on."""

import os
import time

from tests.bench.quality.tools.common import (
    KEY,
    MODEL,
    arguments,
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
    from inspect_ai import Task, eval_set
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.log import read_eval_log
    from inspect_ai.model import ModelOutput
    from inspect_ai.scorer import model_graded_qa
    from inspect_ai.solver import Generate, Solver, TaskState, solver

    before, started = stats(given.base_url), time.time()
    answers = {item["id"]: item["answer"] for item in given.items}

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
    _, logs = eval_set(
        task,
        log_dir=str(given.out.with_suffix(".logs")),
        retry_attempts=0,
        model=f"openai/{MODEL}",
        max_connections=given.slots,
        max_samples=given.slots,
        display="none",
        fail_on_error=False,
    )
    results = []
    for sample in read_eval_log(logs[0].location).samples or []:
        score = next(iter((sample.scores or {}).values()), None)
        letter = score.value if score else None
        credit = _CREDIT.get(str(letter))
        results.append({"id": sample.id, "score": credit, "error": None if score else "unscored"})
    write(given.out, results)
    told(given, before, started)


if __name__ == "__main__":
    main()
