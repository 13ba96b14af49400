"""Time and memory of grade calibrate. Run: python -m tests.bench.calibrate

The whole report as JSON and as a page, with 2,000 bootstrap samples: 10,000 ratings by five
people (wanted: at most 10 s on two cores and 400 MB), and 200 answers (at most 3 s).
"""

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.trust.calibration.teams import Team, records

FIVE = (0.0, 0.2, -0.2, 0.1, -0.1)
SIZES = {
    "10,000 ratings, 5 people, 10 questions": Team(
        answers=400, points=5, questions=10, severity=FIVE
    ),
    "10,000 ratings, 5 people, 1 question": Team(answers=400, points=5, severity=FIVE),
    "200 answers, 3 people": Team(answers=200, points=6),
    "200 answers, 3 people, 10 questions": Team(answers=200, points=6, questions=10),
}


def write(team: Team, folder: Path) -> tuple[Path, Path]:
    """The team's ratings and results as files."""
    results, ratings = records(team, 1)
    graded, rated = folder / "results.jsonl", folder / "ratings.csv"
    graded.write_text("".join(g.to_json() + "\n" for g in results.grades), encoding="utf-8")
    with rated.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(["answer_id", "rater", "key_point", "verdict"])
        sheet.writerows([r.answer_id, r.rater, r.key_point, r.verdict] for r in ratings.rows)
    return rated, graded


def main() -> None:
    """Prints a line for each size."""
    code = "from grader.cli.app import main; main()"
    for name, team in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            rated, graded = write(team, Path(folder))
            page, report = Path(folder, "page.html"), Path(folder, "report.json")
            call = [sys.executable, "-c", code, "calibrate", str(rated), str(graded), "--json"]
            started, before = time.perf_counter(), os.times()
            with report.open("wb") as out:
                subprocess.run([*call, "--html", str(page)], check=True, stdout=out)
            took, after = time.perf_counter() - started, os.times()
            cpu = sum(after[2:4]) - sum(before[2:4])
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            page_kb, report_kb = (file.stat().st_size / 1e3 for file in (page, report))
            sizes = f"page {page_kb:.0f} kB, report {report_kb:.0f} kB"
            print(f"{took:5.1f} s, {cpu:5.1f} s of CPU, {peak:4.0f} MB  {name}; {sizes}")


if __name__ == "__main__":
    main()
