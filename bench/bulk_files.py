"""Files for the measurement of bulk intake: entities with codes, and rows about them under several contracts."""

from __future__ import annotations

from pathlib import Path

ENTITIES = 200_000


def entities(folder: Path) -> tuple[Path, Path]:
    """The identifiers that the pipeline knows, and the entities as DuckDB reads them for making rows."""
    import duckdb
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    from goodstanding.identity import org_code_from, uscc_from_parts

    codes = [
        uscc_from_parts(prefix2="91", region6="980102", org_code9=org_code_from(f"MA{at:06d}"))
        for at in range(ENTITIES)
    ]
    table = pa.table({"place": pa.array(range(ENTITIES), pa.int64()), "value": codes})
    path, known = folder / "entities.parquet", folder / "known.parquet"
    pq.write_table(table, path)
    duckdb.execute(
        f"COPY (SELECT 'uscc' AS scheme, value, md5(value)::UUID::VARCHAR AS entity, 'organisation' AS kind,"
        f" '临湖市第' || place || '号贸易有限公司' AS name, []::VARCHAR[] AS former_names"
        f" FROM read_parquet('{path}')) TO '{known}' (FORMAT parquet)"
    )
    return known, path


BUREAU = "11980100MB2T15480X"
_DAY = "strftime(DATE '2024-01-01' + (h % 800)::INTEGER, '%Y-%m-%d')"
_COLUMNS: dict[str, dict[str, str]] = {
    "tax-payments": {
        "MC": "name",
        "TYSHXYDM": "value",
        "SPHM": "'3980126' || lpad(n::VARCHAR, 11, '0')",
        "SZ": "['增值税', '企业所得税', '城市维护建设税', '印花税'][1 + (h // 7 % 4)::INTEGER]",
        "SSQQ": _DAY,
        "SSQZ": _DAY,
        "SJJE": "printf('%.2f', (h // 11 % 100000000) / 100)",
        "RKRQ": _DAY,
    },
    "abnormal-list": {
        "MC": "name",
        "TYSHXYDM": "value",
        "JDWSH": "'临市监异列〔2026〕' || n || '号'",
        "LRSY": "'通过登记的住所或者经营场所无法联系'",
        "LRYJ": "'《企业经营异常名录管理暂行办法》第九条'",
        "LRRQ": _DAY,
        "JDJG": "'临湖市市场监督管理局'",
        "JDJGDM": f"'{BUREAU}'",
        "BZ": "CASE WHEN c = 1 THEN '更正' ELSE '' END",
    },
    "double-publicity-penalties": {
        "CF_XDR_MC": "name",
        "CF_XDR_LB": "'法人及非法人组织'",
        "CF_XDR_SHXYM": "value",
        "CF_FRDB": "['张伟', '王芳', '李娜', '刘洋', '陈静'][1 + (h // 13 % 5)::INTEGER]",
        "CF_WSH": "'临市监罚〔2026〕' || n || '号'",
        "CF_WFXW": "['超范围经营', '未按规定公示信息', '发布违法广告'][1 + (h // 5 % 3)::INTEGER]",
        "CF_SY": "'当事人超出登记的经营范围从事经营活动，事实清楚，证据确凿，第' || h % 100000 || '号现场检查笔录在卷'",
        "CF_YJ": "'《中华人民共和国市场主体登记管理条例》第四十六条'",
        "CF_CFLB": "['罚款', '警告', '罚款;没收违法所得', '警告、罚款'][1 + (h // 3 % 4)::INTEGER]",
        "CF_NR": "'责令改正；罚款人民币' || (h % 90000 + 1000) || '元'",
        "CF_NR_FK": "printf('%.4f', (h % 90000 + 1000) / 10000)",
        "CF_JDRQ": _DAY,
        "CF_YXQ": "'2099/12/31'",
        "CF_CFJG": "'临湖市市场监督管理局'",
        "CF_CFJGDM": f"'{BUREAU}'",
        "CF_SJLY": "'临湖市市场监督管理局'",
        "CF_SJLYDM": f"'{BUREAU}'",
        "BZ": "CASE WHEN c = 1 THEN '更正' ELSE '' END",
    },
}


def write(path: Path, contract: str, *, rows: int, subjects: Path) -> None:
    """Rows of a contract: in a hundred one repeats another's number, half of these with another content."""
    import duckdb

    from goodstanding.intake.contract import load_contract

    given = _COLUMNS[contract]
    names = [column.name for column in load_contract(contract).columns]
    selected = ", ".join(f'{given.get(name, chr(39) * 2)} AS "{name}"' for name in names)
    source = f"""
        SELECT n, c, hash(n + 1)::UBIGINT % 1000000000000 AS h, value, '临湖市第' || place || '号贸易有限公司' AS name
        FROM (SELECT CASE WHEN i % 100 = 99 THEN i - 50 ELSE i END AS n, (i % 200 = 199)::INTEGER AS c
              FROM range({rows}) t(i))
        JOIN read_parquet('{subjects}') ON place = n * 7919 % {ENTITIES}
    """
    with duckdb.connect(config={"memory_limit": "2GB"}) as con:
        con.execute(f"COPY (SELECT {selected} FROM ({source})) TO '{path}' (FORMAT csv, HEADER)")
