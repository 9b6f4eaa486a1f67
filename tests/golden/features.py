"""Writes features.json: scikit-learn's transformers on small made-up columns, for src/features/tests/golden.rs.

Each case carries its own data. Missing cells are null.

Run: python tests/golden/features.py > tests/golden/features.json
Made with: see "versions" in the output.
"""

import json
import platform

import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler, TargetEncoder

rng = np.random.default_rng(5)

NUMBERS = {
    "plain": [1.0, 2.0, 4.0, 4.0, 8.0, -3.5, 0.25],
    "with gaps": [None, 3.0, 3.0, 9.0, None, -1.0, 3.0, 100.0],
    "even": [1.0, 2.0, 3.0, 4.0],
    "large": [1.7e12, 1.7e12 + 1000, 1.7e12 + 5000, None, 1.7e12 - 4000],
    "most are one": [5.0, 5.0, 5.0, 5.0, 5.0, 7.0, 5.0],
    "drawn": [float(v) for v in rng.lognormal(size=101).round(6)],
}


def number_case(name, values):
    x = np.array([np.nan if v is None else v for v in values], dtype=float).reshape(-1, 1)
    known = x[~np.isnan(x)].reshape(-1, 1)
    standard, robust = StandardScaler().fit(x), RobustScaler().fit(x)
    fill = {s: float(SimpleImputer(strategy=s).fit(x).statistics_[0]) for s in ("mean", "median", "most_frequent")}
    return {
        "name": name,
        "values": values,
        "standard": [float(standard.mean_[0]), float(standard.scale_[0])],
        "robust": [float(robust.center_[0]), float(robust.scale_[0])],
        "fill": fill,
        "standard_rows": [float(v) for v in standard.transform(known)[:, 0]],
        "robust_rows": [float(v) for v in robust.transform(known)[:, 0]],
    }


COLOURS = [str(v) for v in rng.choice(["red", "green", "blue", "ochre", "teal", "plum"], size=40, p=[0.4, 0.25, 0.2, 0.08, 0.05, 0.02])]
ASKED = ["red", "green", "blue", "ochre", "teal", "plum", "unheard of"]


def one_hot_case(min_rows):
    encoder = OneHotEncoder(min_frequency=min_rows, handle_unknown="infrequent_if_exist", sparse_output=False)
    encoder.fit(np.array(COLOURS).reshape(-1, 1))
    infrequent = set() if encoder.infrequent_categories_[0] is None else set(encoder.infrequent_categories_[0])
    return {
        "min_rows": min_rows,
        "values": COLOURS,
        "asked": ASKED,
        "categories": [str(c) for c in encoder.categories_[0] if c not in infrequent],
        "rows": encoder.transform(np.array(ASKED).reshape(-1, 1)).tolist(),
    }


def ordinal_case():
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encoder.fit(np.array(COLOURS).reshape(-1, 1))
    return {"values": COLOURS, "asked": ASKED, "rows": encoder.transform(np.array(ASKED).reshape(-1, 1))[:, 0].tolist()}


def target_case(name, y, target_type):
    encoder = TargetEncoder(smooth="auto", target_type=target_type)
    encoder.fit(np.array(COLOURS).reshape(-1, 1), y)
    rows = encoder.transform(np.array(ASKED).reshape(-1, 1))
    return {"name": name, "values": COLOURS, "y": [float(v) for v in y], "asked": ASKED, "rows": rows.tolist()}


TEXTS = [
    "Oil prices rose; OIL output fell, oil stocks fell too.",
    "The bank raised its prime rate to 8 1/2 pct",
    "Crude oil and natural-gas prices: up 3 pct",
    "Bank of Spain cuts rate, the bank said",
    "Grain shipments rose in March. Grain!",
    "",
    "über_5 naïve façade - déjà vu",
    "wheat and grain and corn and wheat",
]
MORE = ["oil bank oil unknownword", "Ünbekannt", "the THE the", "a b c", "corn  oil\n\tprices"]


def text_case(name, **settings):
    vectorizer = TfidfVectorizer(**settings)
    vectorizer.fit(TEXTS)
    rows = vectorizer.transform(TEXTS + MORE)
    terms = list(vectorizer.get_feature_names_out())
    order = sorted(range(len(terms)), key=lambda at: terms[at].encode())
    return {
        "name": name,
        "texts": TEXTS,
        "asked": TEXTS + MORE,
        "words": list(settings["ngram_range"]) if settings["analyzer"] == "word" else [0, 0],
        "characters": list(settings["ngram_range"]) if settings["analyzer"] == "char_wb" else [0, 0],
        "sublinear": settings["sublinear_tf"],
        "idf": settings.get("use_idf", True),
        "min_rows": settings["min_df"],
        "terms": [terms[at] for at in order],
        "rows": rows.toarray()[:, order].tolist(),
    }


binary = np.array([int(c in ("red", "teal")) ^ int(rng.random() < 0.3) for c in COLOURS])
three = np.array([len(c) % 3 if rng.random() < 0.7 else int(rng.integers(3)) for c in COLOURS])
numbers = np.array([len(c) * 10 + float(rng.normal()) for c in COLOURS]).round(6)

print(json.dumps({
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__},
    "numbers": [number_case(name, values) for name, values in NUMBERS.items()],
    "one_hot": [one_hot_case(1), one_hot_case(4), one_hot_case(9)],
    "ordinal": ordinal_case(),
    "target_mean": [
        target_case("binary", binary, "binary"),
        target_case("three classes", three, "multiclass"),
        target_case("numbers", numbers, "continuous"),
    ],
    "text": [
        text_case("words", analyzer="word", ngram_range=(1, 1), sublinear_tf=False, min_df=1),
        text_case("pairs, sublinear", analyzer="word", ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        text_case("no idf", analyzer="word", ngram_range=(2, 3), sublinear_tf=True, use_idf=False, min_df=1),
        text_case("characters", analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2),
    ],
}, indent=None, separators=(",", ":"), ensure_ascii=False))
