"""Writes reference.json: what croniter says is the next tick, for many expressions, zones and instants.

    python3 -m venv venv && venv/bin/pip install croniter==7.0.0 tzdata==2026.6
    venv/bin/python tests/schedule/reference.py

`implement_cron_bug` is croniter's name for ISC cron's rule about a day field that begins with `*`. Instants near a change of
the clocks are written like the others; the test leaves them out by rule, for there croniter does not do as ISC cron does.
"""

import json
import pathlib
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from zoneinfo import ZoneInfo

from croniter import croniter

# Zone and year; Brazil has had no daylight saving since 2019.
ZONES = {
    "UTC": 2026,
    "Europe/Berlin": 2026,
    "America/New_York": 2026,
    "Asia/Kolkata": 2026,
    "Australia/Lord_Howe": 2026,
    "America/Sao_Paulo": 2018,
}

MINUTES = ["0", "15", "59", "*", "*/5", "*/7", "5/15", "10-30/5", "0,30", "1-5,50-55/2", "*/40"]
HOURS = ["*", "0", "3", "23", "*/2", "*/5", "9-17", "8-18/4", "0,12", "22,23,0,1", "5/6"]
DAYS = [
    "* * *",
    "1 * *",
    "31 * *",
    "29 2 *",
    "*/2 * *",
    "1-7 * *",
    "15,30 * *",
    "10/10 * *",
    "* 1 *",
    "* JAN-MAR *",
    "* */3 *",
    "* 6,DEC *",
    "* * 0",
    "* * 7",
    "* * MON",
    "* * 1-5",
    "* * FRI-SUN",
    "* * 5-7",
    "* * */2",
    "* * tue,thu",
    "13 * FRI",
    "1,15 * MON",
    "1-7 * 1",
    "*/2 * MON",
    "1-31/2 * */3",
    "30 2 SUN",
    "31 4,5 *",
    "25 12 *",
]
MORE = [
    "@yearly",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
    "*/10 * * * * *",
    "30 * * * * *",
    "15,45 */5 9-17 * * 1-5",
    "0 0 12 1 */2 *",
    "59 59 23 31 12 *",
    "7 30 3 * * SUN",
]
STARTS = 14


def expressions():
    """Every pair of minutes and hours with some days, and every kind of days with some times."""
    found = []
    for at, minute in enumerate(MINUTES):
        for step, hour in enumerate(HOURS):
            days = DAYS[(7 * at + 3 * step) % len(DAYS)]
            found.append(f"{minute} {hour} {days}")
    for at, days in enumerate(DAYS):
        found.append(f"{MINUTES[at % 3]} {HOURS[1 + at % 3]} {days}")
        found.append(f"*/15 * {days}")
    return list(dict.fromkeys(found + MORE))


def starts(year):
    """Instants spread over the year, at all times of the day."""
    first = datetime(year, 1, 1, tzinfo=timezone.utc)
    step = timedelta(days=26, hours=1, minutes=37, seconds=11)
    return [first + at * step for at in range(STARTS)]


def seconds_to_next(expression, zone, start):
    fields = len(expression.split())
    ticks = croniter(
        expression,
        start.astimezone(ZoneInfo(zone)),
        second_at_beginning=fields == 6,
        implement_cron_bug=True,
        max_years_between_matches=50,
    )
    return int(ticks.get_next(datetime).timestamp() - start.timestamp())


def main():
    reference = {
        "made_by": {name: version(name) for name in ("croniter", "tzdata")},
        "zones": [
            [zone, [int(start.timestamp()) for start in starts(year)]] for zone, year in ZONES.items()
        ],
        "seconds_to_next": {
            expression: [
                [seconds_to_next(expression, zone, start) for start in starts(year)]
                for zone, year in ZONES.items()
            ]
            for expression in expressions()
        },
    }
    # A line for each expression, so that a difference can be read.
    lines = [
        f"{json.dumps(expression)}: {json.dumps(seconds, separators=(',', ':'))}"
        for expression, seconds in reference.pop("seconds_to_next").items()
    ]
    head = json.dumps(reference, separators=(",", ":"))[:-1]
    text = head + ',"seconds_to_next":{\n' + ",\n".join(lines) + "\n}}\n"
    json.loads(text)
    pathlib.Path(__file__).with_suffix(".json").write_text(text)


if __name__ == "__main__":
    main()
