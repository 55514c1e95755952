"""YAML with line numbers: values as the safe loader gives them, and the line of every path."""

from __future__ import annotations

from typing import Any

import yaml

from goodstanding.law.errors import PackRefused, Problem

Path = tuple[str | int, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(text: str, *, file: str) -> tuple[Any, dict[Path, int]]:
    """Parse one YAML document. Returns its value and the line (from 1) of every key and item by path.

    Raises PackRefused for broken YAML, several documents, aliases and duplicate keys.
    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PackRefused(
            file=file, problems=(Problem(file, line, "", f"not readable as YAML: {error.problem}"),)
        ) from error
    except yaml.YAMLError as error:
        raise PackRefused(
            file=file, problems=(Problem(file, 1, "", f"not readable as YAML: {error}"),)
        ) from error
    if node is None:
        raise PackRefused(file=file, problems=(Problem(file, 1, "", "the file is empty"),))
    lines: dict[Path, int] = {(): 1}
    loader = yaml.SafeLoader("")
    try:
        value = _Reader(lines=lines, loader=loader, file=file).value(node, ())
    finally:
        loader.dispose()
    return value, lines


class _Reader:
    """Walks the node tree once, keeping lines; a node met twice is an alias, which a law file must not
    use.
    """

    def __init__(self, *, lines: dict[Path, int], loader: yaml.SafeLoader, file: str) -> None:
        self.lines = lines
        self.loader = loader
        self.file = file
        self.seen: set[int] = set()

    def refuse(self, node: yaml.Node, reason: str) -> PackRefused:
        line = node.start_mark.line + 1
        return PackRefused(file=self.file, problems=(Problem(self.file, line, "", reason),))

    def value(self, node: yaml.Node, path: Path) -> Any:
        if id(node) in self.seen:
            raise self.refuse(node, "anchors and aliases are not used in law files")
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                if key in found:
                    raise self.refuse(key_node, f"the key {key!r} stands twice")
                self.lines[(*path, key)] = key_node.start_mark.line + 1
                found[key] = self.value(value_node, (*path, key))
            return found
        if isinstance(node, yaml.SequenceNode):
            items = []
            for index, item in enumerate(node.value):
                self.lines[(*path, index)] = item.start_mark.line + 1
                items.append(self.value(item, (*path, index)))
            return items
        try:
            return self.loader.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            raise self.refuse(node, f"not a value: {node.value!r} ({error})") from error


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """The line of the longest known part of a path."""
    for length in range(len(path), -1, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


def row_of(path: Path, value: Any) -> str:
    """The id or code of the innermost row that a path passes, with its table, for messages."""
    name, here, inner = "", value, value
    for step in path:
        try:
            inner = inner[step]
        except (KeyError, IndexError, TypeError):
            break
        here = inner
        if isinstance(here, dict):
            found = here.get("id") or here.get("code")
            if isinstance(found, str):
                name = f"{path[0]}.{found}"
    return name or (".".join(str(step) for step in path))
