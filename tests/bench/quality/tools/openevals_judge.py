"""openevals: a judge with its own prompt for correctness and a score from 0 to 1."""

import os

from tests.bench.quality.tools.common import KEY, MODEL, Item, Result, arguments, run_each, wanted


def main() -> None:
    """Grades the sample."""
    given = arguments(__doc__)
    os.environ |= {
        "OPENAI_BASE_URL": given.base_url,
        "OPENAI_API_KEY": KEY,
        "LANGSMITH_TRACING": "false",
    }
    from openevals.llm import create_async_llm_as_judge
    from openevals.prompts import CORRECTNESS_PROMPT

    judge = create_async_llm_as_judge(
        prompt=CORRECTNESS_PROMPT, model=f"openai:{MODEL}", continuous=True
    )

    async def grade(item: Item) -> Result:
        found = await judge(
            inputs=item["question"], outputs=item["answer"], reference_outputs=wanted(item)
        )
        return {"score": float(found["score"])}

    run_each(given, grade)


if __name__ == "__main__":
    main()
