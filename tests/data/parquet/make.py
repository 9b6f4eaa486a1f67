"""Writes the Parquet files beside this script: types that a frame of four kinds does not have. pyarrow writes them as other
tools do; the values are those that `src/data/tests/shapes.rs` expects.

    python3 -m venv venv && venv/bin/pip install pyarrow && venv/bin/python tests/data/parquet/make.py
"""

import datetime
import decimal
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
D = decimal.Decimal

usable = pa.table({
    "price": pa.array([D("121.79"), None, D("-0.05")], pa.decimal128(9, 2)),
    "count": pa.array([D("7"), D("8"), None], pa.decimal128(38, 0)),
    "wide": pa.array([D("12345678901234567890.5"), D("1"), None], pa.decimal256(50, 1)),
    "half": pa.array([1.5, None, float("inf")], pa.float16()),
    "single": pa.array([0.5, 1.5, None], pa.float32()),
    "tiny": pa.array([-128, 127, None], pa.int8()),
    "unsigned": pa.array([0, 2**32 - 1, None], pa.uint32()),
    "huge": pa.array([2**64 - 1, 1, None], pa.uint64()),
    "bytes": pa.array([b"Coburg", "Köln".encode(), None], pa.binary()),
    "category": pa.array(["a", "b", None]).dictionary_encode(),
    "day": pa.array([datetime.date(2025, 1, 31), None, datetime.date(1969, 12, 31)], pa.date32()),
    "hour": pa.array([datetime.time(7, 50, 3), None, datetime.time(0, 0, 0, 500000)], pa.time64("us")),
    "moment": pa.array([datetime.datetime(2025, 1, 31, 7, 50), None, datetime.datetime(2025, 2, 1)], pa.timestamp("ms")),
})
pq.write_table(usable, here / "usable.parquet")

nested = pa.table({
    "x": pa.array([1, 2, 3]),
    "tags": pa.array([["a"], [], None], pa.list_(pa.string())),
    "place": pa.array([{"city": "Belm"}, None, {"city": "Dahme"}]),
    "raw": pa.array([b"\xff\xfe", b"a", None], pa.binary()),
})
pq.write_table(nested, here / "nested.parquet")

# Few bytes that speak of many rows: one value, repeated.
pq.write_table(pa.table({"x": pa.array([1] * 2_000_000, pa.int64())}), here / "many_rows.parquet", compression="zstd")
