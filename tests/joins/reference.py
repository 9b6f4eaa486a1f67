"""Writes reference.json: a small referral database, and each feature and the target of each referral, computed with pandas as
straightforwardly as can be: for every referral one look over all records, by the words of docs/related.md.

    venv/bin/pip install pandas==3.1.1 numpy==2.4.6
    venv/bin/python tests/joins/reference.py

With a project that `unseat init --sample referrals` made and the data set that `unseat ingest` made of it (pyarrow is needed, too),
it compares every cell:

    venv/bin/python tests/joins/reference.py PROJECT PROJECT/ingesteddata/finaldata_….parquet
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

SETTINGS = {
    "base": "referral",
    "key": "referralinstanceid",
    "entity": "clientid",
    "time": "referraltakendate",
    "tables": {
        "client": {
            "on": "clientid",
            "relation": "many_to_one",
            "columns": ["clientismale", "country"],
            "days_since": ["dateofbirth", "addresssince"],
        },
        "referralissue": {
            "on": "referralinstanceid",
            "to": "referral",
            "relation": "one_to_many",
            "count_by": ["issueid"],
            "any": ["issueid", "severity"],
            "max_categories": 4,
        },
        "benefit": {
            "on": "clientid",
            "relation": "one_to_many",
            "time": "grantedon",
            "count_by": ["benefittype"],
            "last": ["benefittype", "amount"],
        },
    },
    "history": {"break_days": 28, "weeks": [1, 4, 12]},
    "future": {"window_days": 365, "break_days": 28, "coefficient": 1.0},
}


def database(rng):
    """Tables as lists of records; some of nobody, some without a date, some twice."""
    start = pd.Timestamp("2021-01-01")
    referral, client, issue, benefit = [], [], [], []
    n = 0
    for c in range(1, 15):
        # Client 14 has referrals and no record.
        if c < 14:
            client.append({
                "clientid": c,
                "clientismale": bool(rng.integers(2)),
                "country": [None, "A", "B", "C"][rng.integers(4)],
                "dateofbirth": str((start - pd.Timedelta(days=int(rng.integers(6000, 25000)))).date()),
                # Some moved after their first referrals.
                "addresssince": str((start + pd.Timedelta(days=int(rng.integers(-900, 700)))).date()),
            })
        when = start + pd.Timedelta(days=int(rng.integers(0, 300)))
        for _ in range(int(rng.integers(1, 16))):
            n += 1
            taken = when.strftime("%Y-%m-%d") if c % 3 else when.strftime("%Y-%m-%d %H:%M:%S")
            referral.append({
                "referralinstanceid": n,
                "clientid": c,
                "referraltakendate": taken,
                "agency": f"agency {rng.integers(4)}",
            })
            for _ in range(int(rng.integers(0, 4))):
                issue.append({
                    "id": len(issue),
                    "referral": n,
                    "issueid": [None, 3, 7, 11, 12, 20, 21][rng.integers(7)],
                    "severity": ["low", "high"][rng.integers(2)],
                })
            # Same day again, soon again, after a break.
            gap = [0, int(rng.integers(1, 10)), int(rng.integers(20, 30)), int(rng.integers(30, 200))][rng.integers(4)]
            when = when + pd.Timedelta(days=gap)
            if c % 3 == 0:
                when = when + pd.Timedelta(seconds=int(rng.integers(1, 80000)))
        for _ in range(int(rng.integers(0, 6))):
            granted = start + pd.Timedelta(days=int(rng.integers(0, 1400)), seconds=int(len(benefit)))
            benefit.append({
                "clientid": c,
                "benefittype": ["housing", "pip", " child ", "esa"][rng.integers(4)],
                "amount": round(float(rng.uniform(10, 200)), 2),
                "grantedon": None if rng.uniform() < 0.1 else str(granted),
            })
    # Nobody's referral, one without a date, one a second time, a benefit a second time.
    referral.append({"referralinstanceid": n + 1, "clientid": None, "referraltakendate": "2021-06-01", "agency": "agency 1"})
    referral.append({"referralinstanceid": n + 2, "clientid": 3, "referraltakendate": None, "agency": "agency 2"})
    referral.append(dict(referral[4]))
    benefit.append(dict(benefit[0]))
    return {"referral": referral, "client": client, "referralissue": issue, "benefit": benefit}


DAY = 86400.0


def days(delta):
    return delta.total_seconds() / DAY


def joined(cell):
    """A joined cell as JSON has it."""
    if cell is None or (not isinstance(cell, str) and pd.isna(cell)):
        return None
    return cell.item() if hasattr(cell, "item") else cell


def labels(column):
    """Cells as categories: texts without blanks around them, numbers as numbers."""
    return column.str.strip() if column.dtype.kind not in "biuf" else column


def categories(column, most):
    """The most frequent, ties by their spelling; then sorted."""
    counts = labels(column).dropna().value_counts()
    spelled = [(category, n, f"{category:g}" if isinstance(category, float) else str(category)) for category, n in counts.items()]
    spelled.sort(key=lambda it: (-it[1], it[2]))
    return sorted((category, name) for category, _, name in spelled[:most])


def expected(settings, tables):
    """Column -> value of each base record, by its key."""
    frames = {name: pd.DataFrame(records).drop_duplicates() for name, records in tables.items()}
    key, entity, time = settings["key"], settings["entity"], settings["time"]
    base = frames[settings["base"]].copy()
    base["t"] = pd.to_datetime(base[time], format="mixed")
    last = base["t"].max()
    plain = [column for column in base.columns if column not in (key, entity, time, "t")]
    people = dict(list(base.groupby(entity)))
    others = {}
    for name, table in settings["tables"].items():
        frame = frames[name].copy()
        if "time" in table:
            frame["t"] = pd.to_datetime(frame[table["time"]], format="mixed")
        by_key = dict(list(frame.groupby(table.get("to", table["on"]))))
        most = table.get("max_categories", 100)
        columns = set(table.get("count_by", []) + table.get("any", []))
        found = {column: categories(frame[column], most) for column in columns}
        others[name] = (table, frame.iloc[:0], by_key, found)
    rows = {}
    for _, own in base.iterrows():
        t, person = own["t"], own[entity]
        row = {column: joined(own[column]) for column in plain}
        for name, (table, none, by_key, found) in others.items():
            mine = by_key.get(own[table["on"]], none)
            if "time" in table:
                mine = mine[mine["t"] <= t]
            if table["relation"] == "many_to_one":
                assert len(mine) <= 1
                one = mine.iloc[0] if len(mine) else None
                for column in table["columns"]:
                    row[f"{name}.{column}"] = None if one is None else joined(one[column])
                for column in table.get("days_since", []):
                    value = None
                    if one is not None and not pd.isna(t):
                        passed = days(t - pd.Timestamp(one[column]))
                        value = passed if passed >= 0 else None
                    row[f"{name}.{column}.days"] = value
                continue
            row[f"{name}.count"] = len(mine)
            for column, known in found.items():
                for category, spelled in known:
                    n = int((labels(mine[column]) == category).sum())
                    if column in table.get("count_by", []):
                        row[f"{name}.{column}={spelled}"] = n
                    if column in table.get("any", []):
                        row[f"{name}.any.{column}={spelled}"] = int(n > 0)
            for column in table.get("last", []):
                row[f"{name}.last.{column}"] = joined(mine.loc[mine["t"].idxmax()][column]) if len(mine) else None
        # A record of nobody's has itself alone; one without a date has neither past nor future.
        times = people[person]["t"] if not pd.isna(person) else pd.Series([t])
        row.update(history(settings["history"], times.dropna().sort_values(), t))
        row["future.score"] = future(settings["future"], times.dropna().sort_values(), t, last)
        rows[str(joined(own[key]))] = row
    return rows


def history(settings, times, t):
    row = dict.fromkeys(f"history.{name}" for name in ["number", "days_since_last", "burst", "index_in_burst", "total"])
    row.update({f"history.count_{weeks}w": None for weeks in settings["weeks"]})
    if pd.isna(t):
        return row
    before, upto = times[times < t], times[times <= t]
    bursts = 1 + (upto.diff() > pd.Timedelta(days=settings["break_days"])).cumsum()
    in_burst = upto[bursts == bursts.iloc[-1]]
    row["history.number"] = 1 + len(before)
    row["history.days_since_last"] = days(t - before.max()) if len(before) else None
    row["history.burst"] = int(bursts.iloc[-1])
    row["history.index_in_burst"] = 1 + int((in_burst < t).sum())
    row["history.total"] = len(upto)
    for weeks in settings["weeks"]:
        row[f"history.count_{weeks}w"] = int((upto > t - pd.Timedelta(weeks=weeks)).sum())
    return row


def future(settings, times, t, last):
    end = t + pd.Timedelta(days=settings["window_days"])
    if pd.isna(t) or end > last:
        return None
    ahead = times[(times > t) & (times <= end)]
    chain = pd.concat([pd.Series([t]), ahead])
    gaps = int((chain.diff() > pd.Timedelta(days=settings["break_days"])).sum())
    return (len(ahead) - settings["coefficient"] * gaps) / (settings["window_days"] // 7)


def compare(project, flat):
    """Holds the data set that ingest made of a project's CSV files against `expected`; the number of cells compared."""
    settings = json.loads((project / "config.json").read_text())["related"]
    source = project / "sourcedata"
    tables = {}
    for name in [settings["base"], *settings["tables"]]:
        files = sorted(source.glob(f"{name}.csv")) + sorted(source.glob(f"{name}/*.csv"))
        tables[name] = pd.concat([pd.read_csv(file) for file in files])
    rows = {key: row for key, row in expected(settings, tables).items() if row["future.score"] is not None}
    found = pd.read_parquet(flat)
    assert len(found) == len(rows), (len(found), len(rows))
    named = {settings["key"], settings["entity"], settings["time"]}
    cells = 0
    for record in found.to_dict("records"):
        row = rows[str(record[settings["key"]])]
        assert set(record) - named == set(row), set(record) ^ set(row)
        for column, wanted in row.items():
            cell = joined(record[column])
            same = cell == wanted if wanted is None or cell is None or isinstance(wanted, str) else abs(cell - wanted) < 1e-9
            assert same, (column, cell, wanted)
            cells += 1
    return len(found), cells


def main():
    if len(sys.argv) == 3:
        print("%d rows, %d cells, all the same" % compare(Path(sys.argv[1]), sys.argv[2]))
        return
    rng = np.random.default_rng(20260521)
    tables = database(rng)
    out = {
        "made_by": f"pandas {pd.__version__}, numpy {np.__version__}",
        "settings": SETTINGS,
        "tables": tables,
        "rows": expected(SETTINGS, tables),
    }
    path = Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(out, indent=0, allow_nan=False) + "\n")
    scores = [row["future.score"] for row in out["rows"].values()]
    known = [score for score in scores if score is not None]
    print(len(scores), "referrals,", len(known), "with a known future, mean", np.mean(known))


main()
