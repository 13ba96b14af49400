"""autorubric: a verdict a criterion, one call each or one an answer (`--per-item`), by its own
runner, which takes up what a run before it left."""

import asyncio
import os
import sys
import time
from typing import Any

from tests.bench.quality.tools.common import (
    KEY,
    MODEL,
    Item,
    Result,
    arguments,
    stats,
    told,
    write,
)

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"


def main() -> None:
    """Grades the sample."""
    from autorubric import (
        Criterion,
        DataItem,
        EvalConfig,
        EvalRunner,
        LLMConfig,
        Rubric,
        RubricDataset,
    )
    from autorubric.graders import CriterionGrader

    calls = "per_item" if "--per-item" in sys.argv else "per_criterion"
    sys.argv = [word for word in sys.argv if word != "--per-item"]
    given = arguments(__doc__)
    config = LLMConfig(
        model=f"openai/{MODEL}",
        api_base=given.base_url,
        api_key=KEY,
        temperature=0.0,
        max_parallel_requests=given.slots,
    )

    def asked(item: Item) -> Any:
        return DataItem(
            submission=item["answer"],
            description=item["id"],
            prompt=item["question"],
            reference_submission=item["reference"],
            rubric=Rubric(
                [
                    Criterion(name=c["name"], weight=float(c["weight"]), requirement=c["text"])
                    for c in item["criteria"]
                ]
            ),
        )

    before, started = stats(given.base_url), time.time()
    dataset = RubricDataset(name="sample", items=[asked(item) for item in given.items])
    kept = EvalConfig(
        show_progress=False,
        max_concurrent_items=given.slots,
        experiment_name="run",
        experiments_dir=given.out.with_suffix(".runs"),
    )
    grader: Any = CriterionGrader(judge_model_config=config, llm_calls=calls)
    found = asyncio.run(EvalRunner(dataset=dataset, grader=grader, config=kept).run())
    write(given.out, [_result(each) for each in found.item_results])
    told(given, before, started)


def _result(each: Any) -> Result:
    score = each.report.score if each.report else None
    return {"id": each.item.description, "score": score, "error": each.error}


if __name__ == "__main__":
    main()
