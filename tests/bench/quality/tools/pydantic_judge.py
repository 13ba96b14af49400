"""pydantic-evals: LLMJudge with a score, over a Dataset."""

import os
import time

from tests.bench.quality.tools.common import (
    KEY,
    MODEL,
    Item,
    Result,
    arguments,
    stats,
    told,
    wanted,
    write,
)


class Asked(str):
    """A question, with the answer that the task hands on."""

    answer: str


def main() -> None:
    """Grades the sample."""
    given = arguments(__doc__)
    os.environ |= {"OPENAI_BASE_URL": given.base_url, "OPENAI_API_KEY": KEY}
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_evals import Case, Dataset
    from pydantic_evals.evaluators import LLMJudge

    model = OpenAIChatModel(MODEL)
    before, started = stats(given.base_url), time.time()
    left = {item["id"]: item for item in given.items}

    def case(item: Item) -> "Case[str, str, None]":
        judge = LLMJudge(
            rubric=wanted(item),
            model=model,
            include_input=True,
            score={"evaluation_name": "score"},
            assertion=False,
        )
        asked = Asked(item["question"])
        asked.answer = item["answer"]
        return Case(name=item["id"], inputs=asked, evaluators=(judge,))

    async def hand_on(asked: str) -> str:
        return asked.answer if isinstance(asked, Asked) else ""

    dataset = Dataset(name="sample", cases=[case(item) for item in left.values()])
    report = dataset.evaluate_sync(hand_on, max_concurrency=given.slots, progress=False)
    results: list[Result] = []
    for each in report.cases:
        found = each.scores.get("score")
        failed = [f.error_message for f in each.evaluator_failures]
        score = float(found.value) if found else None
        results.append(
            {"id": each.name, "score": score, "error": str(failed)[:300] if failed else None}
        )
    write(given.out, results)
    told(given, before, started)


if __name__ == "__main__":
    main()
