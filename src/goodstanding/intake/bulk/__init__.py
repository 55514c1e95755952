"""Intake in bulk: files of one contract to files of the lake, as one relational pipeline on DuckDB or Spark.

The row code (`checks`, `link`, `build`) is the definition. Rows whose cells are all in a usual form are *plain* and go
through columns, which for such rows say the same; every other row goes through the row code itself.
"""
