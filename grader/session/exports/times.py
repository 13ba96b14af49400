"""Times as platforms write them; what may be two times is none."""

import re
from datetime import UTC, datetime, timedelta, timezone

_CANVAS = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
_FORMS = re.compile(
    r"(\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d\d:\d\d [AP]M) GMT([+-]\d{1,2})?(?::(\d\d))?"
)
_DAY = re.compile(
    r"(?:[^\W\d]+,? )?(\d{1,2})\.? (?:de )?([^\W\d]+)\.? (?:de )?(\d{4}),? (\d{1,2}):(\d\d)"
)
_JAPANESE = re.compile(r"(\d{4})年 ?(\d{1,2})月 ?(\d{1,2})日(?: ?\(.\))? (\d{1,2}):(\d\d)")
_MONTHS = (
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
)
_MONTH = {name: n for names in _MONTHS for n, name in enumerate(names.split(), start=1)}
_MOODLE = ("%d %B %Y %I:%M %p", "%d %B %Y, %I:%M %p", "%A, %d %B %Y, %I:%M %p")


def time_in(text: str) -> datetime | None:
    """The time that *text* is, None where it is blank or not surely one."""
    text = " ".join(text.split())
    if match := _CANVAS.fullmatch(text):
        return datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    if match := _FORMS.fullmatch(text.upper()):
        hours, minutes = int(match[2] or 0), int(match[3] or 0)
        try:
            zone = timezone(timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes))
            return datetime.strptime(match[1], "%Y/%m/%d %I:%M:%S %p").replace(tzinfo=zone)
        except ValueError:
            return None
    return _in_words(text) or _by_format(text)


def _in_words(text: str) -> datetime | None:
    """A German, French, Spanish or Japanese time."""
    if match := _JAPANESE.fullmatch(text):
        year, month, day, hour, minute = map(int, match.groups())
    elif (match := _DAY.fullmatch(text)) and match[2].lower() in _MONTH:
        day, year, hour, minute = (int(match[n]) for n in (1, 3, 4, 5))
        month = _MONTH[match[2].lower()]
    else:
        return None
    try:
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the export names no zone
    except ValueError:
        return None


def _by_format(text: str) -> datetime | None:
    for form in _MOODLE:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the export names no zone
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
