"""The models that the build which only serves is held against the full program with: their rows, and the runs that train them."""

import json
import pathlib
import random
import subprocess
import sys


def run(*command, code=0):
    done = subprocess.run(command, capture_output=True, text=True)
    if code is not None and done.returncode != code:
        sys.exit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def rows_of(n, seed):
    """Rows of every kind of column: whole numbers, numbers with gaps, truth values, categories, times, texts."""
    chance = random.Random(seed)
    shops, words = ["north", "south", "Größe, östlich", "old \"market\""], ["saving", "debt", "bill", "loan", "rate", "card"]
    for row in range(n):
        age, income = chance.randint(18, 90), round(chance.lognormvariate(7, 1), 2)
        word = chance.choice(words)
        texts = [word, *chance.sample(words, 2)]
        score = (age - 50) / 12 + (income > 1100) - 2 * (word == "debt") + chance.gauss(0, 0.5)
        yield {
            "age": age,
            "income": None if chance.random() < 0.1 else income,
            "member": chance.random() < 0.5,
            "shop": None if chance.random() < 0.05 else chance.choice(shops),
            "joined": f"202{chance.randint(0, 4)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            "message": " ".join(texts),
            "left": "yes" if score > 0 else "no",
            "topic": {"saving": "money", "debt": "money", "bill": "paper", "loan": "paper"}.get(word, "other"),
            "value": round(score * 100 + 500, 3),
        }


def csv_of(rows, columns):
    def cell(value):
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text

    lines = [columns, *([cell(row[column]) for column in columns] for row in rows)]
    return "".join(",".join(line) + "\n" for line in lines)


PLAIN = ["age", "income", "member", "shop"]
# Name → columns, target, more settings.
MODELS = {
    "logistic": (PLAIN, "left", {"learner": {"kind": "logistic"}}),
    "boosted": ([*PLAIN, "joined"], "left", {"learner": {"kind": "boosted_trees", "rounds": 40}}),
    "forest": (PLAIN, "topic", {"learner": {"kind": "extra_trees", "trees": 20}}),
    "text": (["message", "age"], "topic", {"learner": {"kind": "text"}}),
    "numbers": ([*PLAIN, "joined"], "value", {"learner": {"kind": "ridge"}}),
    "derived": (
        [*PLAIN, "joined"],
        "left",
        {
            "learner": {"kind": "logistic"},
            "derive": [
                {"name": "per_year", "sql": "COALESCE(income, 0) / (age + 1)"},
                {"name": "is_north", "sql": "CASE WHEN UPPER(shop) LIKE 'N%' THEN 'north' ELSE 'elsewhere' END"},
                {"name": "joined_in", "sql": "EXTRACT(MONTH FROM joined)"},
            ],
            "features": {"columns": {"joined": {"encode": "date"}}},
        },
    ),
    "ruled": (
        PLAIN,
        "left",
        {
            "learner": {"kind": "logistic"},
            "schema": {"age": {"kind": "integer", "min": 0, "max": 120, "on_violation": "null"}},
        },
    ),
}


def make(full, folder, name):
    columns, target, more = MODELS[name]
    project = pathlib.Path(folder, name)
    for part, n, seed in [("data", 600, 1), ("test", 200, 2)]:
        (project / part).mkdir(parents=True)
        text = csv_of(list(rows_of(n, seed)), [*columns, target])
        (project / part / "rows.csv").write_text(text, encoding="utf-8")
    settings = {
        "name": name,
        "target": target,
        "input_folder_path": "data",
        "test_data_path": "test",
        "output_folder_path": "ingested",
        "output_model_path": "models",
        "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100},
        **more,
    }
    (project / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    run(full, "run", "-C", project, "--quiet")
    bundle = project / "production_deployment"
    if not (bundle / "trainedmodel.json").exists():
        run(full, "promote", "1", "-C", project, "--quiet", "--reason", "to be served")
    return bundle
