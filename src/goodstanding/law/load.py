"""Reading packs from files, with an operator's choices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from goodstanding.law import check
from goodstanding.law.errors import PackNotFound, PackRefused, Problem, SettingRefused
from goodstanding.law.model import Pack
from goodstanding.law.yaml_lines import line_of, read, row_of

PACKS = Path(__file__).parent / "packs"
#: The largest number that an operator may set, by unit: beyond it a date leaves the calendar.
_LARGEST = {"yuan": 10**15, "months": 1200, "working_days": 2500}


def pack_files() -> tuple[Path, ...]:
    """The files of all shipped packs, by path: packs/<jurisdiction>/<instrument>/<date in force>.yaml."""
    return tuple(
        sorted(path for path in PACKS.glob("*/*/*.yaml") if not path.name.endswith(".situations.yaml"))
    )


@cache
def all_packs() -> tuple[Pack, ...]:
    """Every shipped pack, loaded and checked once. Raises PackRefused."""
    return tuple(read_pack(path) for path in pack_files())


def load_pack(
    id_or_path: str | Path,
    *,
    switches: Mapping[str, str] | None = None,
    parameters: Mapping[str, int | None] | None = None,
) -> Pack:
    """A pack by its id or its file, with the operator's choices.

    Arguments: switches, option by switch code; parameters, number by parameter code in its unit (None leaves it
    unset).
    Returns the pack; its digest covers the choices. Raises PackNotFound, PackRefused, SettingRefused.
    """
    if isinstance(id_or_path, Path) or str(id_or_path).endswith((".yaml", ".yml")):
        pack = read_pack(Path(id_or_path))
    else:
        found = [pack for pack in all_packs() if pack.id == id_or_path]
        if not found:
            raise PackNotFound(
                code="pack_not_found",
                en=f"There is no law pack {str(id_or_path)!r}.",
                zh=f"没有编号为“{id_or_path}”的规则包。",
                place=str(PACKS.name),
                remedy_en=f"Known packs: {', '.join(pack.id for pack in all_packs())}.",
                remedy_zh=f"现有规则包：{'、'.join(pack.id for pack in all_packs())}。",
            )
        pack = max(found, key=lambda pack: pack.in_force.from_)
    if switches or parameters:
        return with_choices(pack, switches=switches or {}, parameters=parameters or {})
    return pack


def with_choices(pack: Pack, *, switches: Mapping[str, str], parameters: Mapping[str, int | None]) -> Pack:
    """The pack with an operator's choices in it. Raises SettingRefused for what the pack does not offer."""
    offered = {switch.code: [option.code for option in switch.options] for switch in pack.switches}
    for code, option in switches.items():
        if option not in offered.get(code, ()):
            raise _refused(pack, f"switch {code}={option}", offered)
    known = [parameter.code for parameter in pack.parameters]
    for code, value in parameters.items():
        if code not in known:
            raise _refused(pack, f"parameter {code}={value}", known)
        longest = _LARGEST[next(p.unit for p in pack.parameters if p.code == code)]
        if value is not None and not 0 <= value <= longest:
            raise _refused(pack, f"parameter {code}={value} (0 to {longest})", known)
    settled = tuple(
        parameter.model_copy(update={"value": parameters[parameter.code]})
        if parameter.code in parameters
        else parameter
        for parameter in pack.parameters
    )
    values = {parameter.code: parameter.value for parameter in settled}
    for parameter in settled:
        lower = values.get(parameter.not_below or "")
        if parameter.value is not None and lower is not None and parameter.value < lower:
            raise _refused(
                pack, f"{parameter.code}={parameter.value} below {parameter.not_below}={lower}", known
            )
    content = {name: getattr(pack, name) for name in type(pack).model_fields}
    chosen = {**pack.chosen, **switches}
    return Pack.model_construct(**{**content, "parameters": settled, "chosen": chosen})


def _refused(pack: Pack, setting: str, offered: object) -> SettingRefused:
    return SettingRefused(
        code="setting_refused",
        en=f"The pack does not offer the setting {setting}.",
        zh=f"规则包不支持设置 {setting}。",
        place=pack.id,
        remedy_en=f"It offers: {offered}.",
        remedy_zh=f"可用设置：{offered}。",
    )


def read_pack(path: Path) -> Pack:
    """Read and check one pack file. Raises PackNotFound, or PackRefused with file, line, row and reason."""
    file = path.name if PACKS not in path.parents else str(path.relative_to(PACKS))
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PackNotFound(
            code="pack_not_found",
            en=f"There is no file {path}.",
            zh=f"文件 {path} 不存在。",
            place=str(path),
            remedy_en="Check the path.",
            remedy_zh="请检查路径。",
        ) from error
    except UnicodeDecodeError as error:
        raise PackRefused(
            file=file, problems=(Problem(file, 1, "", f"not UTF-8: {error.reason}"),)
        ) from error
    value, lines = read(text, file=file)
    try:
        pack = Pack.model_validate(value)
    except ValidationError as error:
        raise PackRefused(
            file=file,
            problems=tuple(
                Problem(
                    file, line_of(item["loc"], lines), row_of(item["loc"], value), _reason(item["loc"], item)
                )
                for item in error.errors()
            ),
        ) from error
    found = check.problems(pack)
    if path.stem != pack.in_force.from_.isoformat() and PACKS in path.parents:
        found.append((("in_force", "from"), f"the file is named {path.stem}, another day"))
    if found:
        raise PackRefused(
            file=file,
            problems=tuple(
                Problem(file, line_of(at, lines), row_of(at, value), reason) for at, reason in found
            ),
        )
    return pack


def _reason(path: tuple[str | int, ...], item: Mapping[str, object]) -> str:
    field = ".".join(str(step) for step in path) or "the file"
    if item["type"] == "extra_forbidden":
        if any(word in str(path[-1]) for word in ("score", "rank", "grade")):
            return f"{field}: unknown field; a pack scores nobody, and no natural person ever"
        return f"{field}: unknown field"
    if path and path[0] == "natural_persons":
        return "natural_persons: natural persons are never scored; the only value is never_scored"
    if item["type"] == "missing":
        return f"{field}: missing"
    return f"{field}: {item['msg']}"
