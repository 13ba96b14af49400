"""Charts given as specifications look like those that altair makes, and do not wait for it."""

import subprocess
import sys

from grader.report.html import charts


def test_the_version_is_the_one_that_altair_writes() -> None:
    import altair as alt
    import vl_convert

    assert alt.SCHEMA_VERSION.startswith(f"v{charts.VEGA_LITE}.")
    assert charts.VEGA_LITE in vl_convert.get_vegalite_versions()


def test_the_style_holds_only_what_altair_knows() -> None:
    import altair as alt

    assert alt.Config.from_dict(charts.STYLE).to_dict() == charts.STYLE


def test_a_specification_is_drawn_without_importing_altair() -> None:
    code = (
        "import sys; from grader.report.html import charts;"
        "spec = {'mark': 'point', 'data': {'values': [{'a': 1}]},"
        " 'encoding': {'x': {'field': 'a', 'type': 'quantitative'}}};"
        "assert charts.of_spec(spec).startswith('<svg'); print('altair' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
