"""The tables that are served, and the rows that are asked about."""

import csv
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Rows of one request, by the name that the tables give it.
SCENARIOS = {"1 row": 1, "1000 rows": 1000}
# So many different requests are sent in turns, so that nobody gains by remembering an answer.
DIFFERENT = {"1 row": 250, "1000 rows": 4}

NUMERIC_ROWS, NUMERIC_COLUMNS = 10_000, 24


@dataclass
class Workload:
    """One table and the kind of model that is trained on it."""

    name: str
    learner: str  # "logistic" or "forest"
    columns: list  # of the features, in order
    numeric: set  # those of them that hold numbers
    target: str
    positive: str
    train: list  # rows as dicts of texts, the target included
    test: list

    @property
    def is_all_numeric(self):
        return len(self.numeric) == len(self.columns)

    def requests(self, scenario):
        """Returns the row lists that are sent in a scenario: test rows without a gap, from a different one each time.

        Only rows without a gap, because not every peer's protocol has a word for a missing number.
        """
        rows = [self.typed(row) for row in self.test if all(row[column] for column in self.columns)]
        size, count = SCENARIOS[scenario], DIFFERENT[scenario]
        if len(rows) < size:
            raise ValueError(f"{self.name}: {len(rows)} test rows without a gap, and {size} are needed")
        step = max(1, len(rows) // count)
        return [[rows[(start * step + at) % len(rows)] for at in range(size)] for start in range(count)]

    def typed(self, row):
        """Returns the features of a row with numbers as numbers."""
        return {column: number(row[column]) if column in self.numeric else row[column] for column in self.columns}


def number(text):
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def mixed(folder, learner="logistic", name="mixed"):
    """Reads a data set with `sourcedata`, `testdata` and `meta.json`, as bench/agree.py does."""
    about = json.loads((folder / "meta.json").read_text())
    train = distinct(read_tables(folder / "sourcedata"))
    columns = [column for column in train[0] if column != about["target"] and column not in about["id_columns"]]
    test = read_tables(folder / "testdata")
    return Workload(
        name, learner, columns, numeric_of(train, columns), about["target"], about["positive_class"], train, test
    )


def numeric(unseat, folder):
    """Has the program generate a table of numbers."""
    init = ["--sample", "wide", "--rows", str(NUMERIC_ROWS), "--columns", str(NUMERIC_COLUMNS), "--seed", "42"]
    subprocess.run([unseat, "init", folder, *init], check=True, stdout=subprocess.DEVNULL)
    train, test = read_tables(folder / "practicedata"), read_tables(folder / "testdata")
    *columns, target = train[0]
    return Workload("numeric", "logistic", columns, numeric_of(train, columns), target, "1", train, test)


def read_tables(folder):
    """Reads all CSV files of a folder as one list of rows."""
    rows = []
    for path in sorted(Path(folder).glob("*.csv")):
        with open(path, newline="") as file:
            rows.extend(csv.DictReader(file))
    return rows


def distinct(rows):
    return list({tuple(row.values()): row for row in rows}.values())


def numeric_of(rows, columns):
    return {column for column in columns if all(is_number(row[column]) for row in rows if row[column])}


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
