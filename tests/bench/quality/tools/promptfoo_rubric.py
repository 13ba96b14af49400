"""promptfoo: llm-rubric, over answers that its echo provider hands on. Needs the npm package:
`--promptfoo FOLDER` names where node_modules lies."""

import argparse
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.bench.quality.tools.common import KEY, MODEL, Item, read, stats, told, wanted, write

_QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_SELF_HOSTED": "1",
}


def config(items: list[Item], base_url: str) -> dict[str, Any]:
    """Returns promptfoo's own file for the sample."""
    settings = {"apiBaseUrl": base_url, "apiKey": KEY, "temperature": 0}
    judge = {"id": f"openai:chat:{MODEL}", "config": settings}
    tests = [
        {
            "description": item["id"],
            "vars": {"question": item["question"], "answer": item["answer"]},
            "assert": [
                {"type": "llm-rubric", "value": f"Question: {item['question']}\n{wanted(item)}"}
            ],
        }
        for item in items
    ]
    return {
        "prompts": ["{{answer}}"],
        "providers": ["echo"],
        "defaultTest": {"options": {"provider": judge}},
        "tests": tests,
    }


def main() -> None:
    """Grades the sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--promptfoo", type=Path, required=True)
    given = parser.parse_args()
    given.items = read(given.items)
    before, started = stats(given.base_url), time.time()
    folder = given.out.with_suffix(".promptfoo")
    folder.mkdir(exist_ok=True)
    made = folder / "promptfooconfig.json"
    made.write_text(json.dumps(config(given.items, given.base_url)), encoding="utf-8")
    program = given.promptfoo / "node_modules" / ".bin" / "promptfoo"
    results = folder / "results.json"
    command = [str(program), "eval", "-c", str(made), "-j", str(given.slots), "--no-cache"]
    command += ["--no-share", "--no-table", "--no-progress-bar", "-o", str(results)]
    if (folder / "promptfoo.db").exists():  # a run before this was ended
        command = [str(program), "eval", "--resume", "-o", str(results), "--no-table"]
    settings = {**_QUIET, "PROMPTFOO_CONFIG_DIR": str(folder)}
    subprocess.run(command, env=os.environ | settings, check=False, stdout=subprocess.DEVNULL)
    rows = json.loads(results.read_text(encoding="utf-8"))["results"]["results"]
    write(
        given.out,
        [
            {
                "id": row["testCase"]["description"],
                "score": row.get("score"),
                "error": row.get("error"),
            }
            for row in rows
        ],
    )
    told(given, before, started)


if __name__ == "__main__":
    main()
