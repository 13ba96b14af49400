"""DeepEval: G-Eval, the score weighed by the log-probabilities of its digits."""

import os

from tests.bench.quality.tools.common import KEY, MODEL, Item, Result, arguments, expected, run_each

os.environ |= {"DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "DEEPEVAL_FILE_SYSTEM": "READ_ONLY"}
_STEPS = [
    "Compare the actual output with each point of the expected output and say what it makes of it",
    "Give credit for each point by its share, half of it where it is there in part",
    "The score is the share of the points that the actual output makes",
]


def main() -> None:
    """Grades the sample."""
    from deepeval.metrics import GEval
    from deepeval.models import OpenAIModel
    from deepeval.test_case import LLMTestCase, SingleTurnParams

    given = arguments(__doc__)
    model = OpenAIModel(model=MODEL, base_url=given.base_url, api_key=KEY, temperature=0)
    params = SingleTurnParams

    async def grade(item: Item) -> Result:
        metric = GEval(
            name="Key points",
            model=model,
            evaluation_params=[params.INPUT, params.ACTUAL_OUTPUT, params.EXPECTED_OUTPUT],
            evaluation_steps=_STEPS,
        )
        case = LLMTestCase(
            input=item["question"], actual_output=item["answer"], expected_output=expected(item)
        )
        return {"score": await metric.a_measure(case, _show_indicator=False)}

    run_each(given, grade)


if __name__ == "__main__":
    main()
