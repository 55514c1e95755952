"""Evaluator 2: a pack over whole tables, on DuckDB or Spark, by lookup. Needs the extra `columns`.

Promises: what it says of a row equals what `decide` says of it, refusals included; the same expressions run
on every engine; months are added by `months.add_months` and nowhere else; no row is lost.

    verdicts(encode(facts, pack=pack), pack=pack, on=day)
"""

from goodstanding.law.columns.encode import FACTS, OUTPUT, ColumnsRefused, encode
from goodstanding.law.columns.engines import duckdb, forget, keep, spark
from goodstanding.law.columns.verdicts import verdicts

__all__ = ["FACTS", "OUTPUT", "ColumnsRefused", "duckdb", "encode", "forget", "keep", "spark", "verdicts"]
