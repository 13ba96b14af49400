"""autorubric: a verdict a criterion, one call each or one an answer (`--llm-calls per_item`)."""

import os
import sys
from typing import Any

from tests.bench.quality.tools.common import KEY, MODEL, Item, Result, arguments, run_each

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"


def main() -> None:
    """Grades the sample."""
    from autorubric import Criterion, LLMConfig, Rubric
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
    grader: Any = CriterionGrader(judge_model_config=config, llm_calls=calls)

    async def grade(item: Item) -> Result:
        criteria = [
            Criterion(name=c["name"], weight=float(c["weight"]), requirement=c["text"])
            for c in item["criteria"]
        ]
        report = await Rubric(criteria).grade(
            to_grade=item["answer"],
            grader=grader,
            query=item["question"],
            reference_submission=item["reference"],
        )
        if report.score is None:
            return {"score": None, "error": report.error}
        points = {
            each.criterion.name: float(str(each.final_verdict.value).lower() == "met")
            for each in report.report
        }
        return {"score": report.score, "points": points}

    run_each(given, grade)


if __name__ == "__main__":
    main()
