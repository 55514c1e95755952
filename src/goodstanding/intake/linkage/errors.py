"""What linkage refuses to do: one closed family."""

from __future__ import annotations


class LinkageError(Exception):
    """A refusal with machine code, sentence in English and Chinese, place and remedy."""

    def __init__(self, *, code: str, en: str, zh: str, place: str, remedy_en: str, remedy_zh: str) -> None:
        super().__init__(f"{place}: {en} {remedy_en}")
        self.code, self.en, self.zh, self.place = code, en, zh, place
        self.remedy_en, self.remedy_zh = remedy_en, remedy_zh

    @classmethod
    def extra_missing(cls, library: str) -> LinkageError:
        """A library of the extra `linkage` is not installed."""
        return cls(
            code="extra_missing",
            en=f"Linkage needs the library {library!r}, which is not installed.",
            zh=f"关联功能需要程序库“{library}”，但尚未安装。",
            place=library,
            remedy_en='Install it with: pip install "goodstanding[linkage]"',
            remedy_zh='请安装：pip install "goodstanding[linkage]"',
        )

    @classmethod
    def column_missing(cls, table: str, column: str) -> LinkageError:
        """A table lacks a column that linkage cannot do without."""
        return cls(
            code="column_missing",
            en=f"The table of {table} has no column {column!r}.",
            zh=f"“{table}”表缺少“{column}”列。",
            place=f"{table}.{column}",
            remedy_en="Give the columns `key` and `name`, both text; see docs/reference/linkage.md.",
            remedy_zh="请提供文本列 key 与 name，见 docs/reference/linkage.md。",
        )

    @classmethod
    def key_repeated(cls, table: str, key: str) -> LinkageError:
        """A key stands in two rows."""
        return cls(
            code="key_repeated",
            en=f"The key {key!r} stands in more than one row of the table of {table}.",
            zh=f"“{table}”表中键“{key}”重复。",
            place=f"{table}.key",
            remedy_en="Give each row a key of its own; former names go into the column `former_names`.",
            remedy_zh="每行须有唯一的键；曾用名请放入 former_names 列。",
        )
