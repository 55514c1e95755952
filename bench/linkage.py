"""How well and how fast records are linked: beside Splink's own defaults and a rapidfuzz baseline, on the same data.

`python -m bench linkage` measures quality on LINKAGE_ROWS rows chosen by LINKAGE_SEED; with LINKAGE_MILLION=1 it
measures the speed of a million rows to a million entities instead. Needs ../shared/data.
"""

from __future__ import annotations

import csv
import logging
import math
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from bench.common import machine
from bench.corruptions import DAMAGES, damaged
from goodstanding.intake.linkage import cluster, compare, link

DATA: Final = Path(__file__).parents[2] / "shared/data"
REGISTRY: Final = DATA / "cn_enterprise_registry/enterprises_sample.parquet"
HOMONYMS: Final = DATA / "cn_enterprise_registry/homonyms_different_uscc.csv"
CHICAGO: Final = DATA / "er_chicago_early_childhood/sites.csv"
KVK: Final = DATA / "er_kvk_name_pairs/name_pairs.csv"
PAIRS: Final = DATA / "er_kvk_name_pairs/company_name_matcher_pairs.csv"


@dataclass(frozen=True, slots=True)
class Quality:
    """What was found, wrongly found and missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right."""
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Share of what is to be found that was found."""
        return self.right / max(self.right + self.missed, 1)

    def __str__(self) -> str:
        f1 = 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)
        precision = wilson(self.right, self.right + self.wrong)
        recall = wilson(self.right, self.right + self.missed)
        return (
            f"precision {self.precision:.4f} [{precision[0]:.4f}, {precision[1]:.4f}]  "
            f"recall {self.recall:.4f} [{recall[0]:.4f}, {recall[1]:.4f}]  F1 {f1:.4f}"
        )


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not tries:
        return 0.0, 1.0
    z, share = 1.959964, hits / tries
    centre = (share + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z / (1 + z * z / tries) * math.sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries))
    return centre - half, centre + half


@dataclass(frozen=True)
class Sample:
    """Damaged copies of rows, the entities to find them among, and how many of them are there."""

    records: pa.Table
    entities: pa.Table
    present: frozenset[str]
    damages: dict[str, list[str]]


def registry_sample(
    *, many: int, damages: int = 1, where: str = "true", seed: str = "registry", absent_every: int | None = 5
) -> Sample:
    """Damaged copies of registry rows; every fifth organisation, or as `absent_every` says, is not among the entities.

    Rows of one code are one organisation: the latest name is its name, the others are former ones.
    """
    connection = duckdb.connect()
    connection.execute(
        f"""CREATE TABLE organisations AS SELECT uscc AS key, arg_max(name, (reg_date, name)) AS name,
        arg_max(address, (reg_date, name)) AS address, list_sort(list(DISTINCT name)) AS names
        FROM '{REGISTRY}' WHERE {where} GROUP BY uscc"""
    )
    rows = connection.execute(
        "SELECT key, name, address, list_filter(names, x -> x <> name) AS former_names FROM organisations "
        "ORDER BY md5(key || ?) LIMIT ?",
        [seed, many],
    ).to_arrow_table()
    made = [damaged(row, seed=seed, many=damages) for row in rows.to_pylist()]
    absent = [row["key"] for row in made[::absent_every]] if absent_every else []
    entities = connection.execute(
        "SELECT key, name, address, list_filter(names, x -> x <> name) AS former_names FROM organisations "
        "WHERE key NOT IN (SELECT unnest(?::VARCHAR[])) ORDER BY key",
        [absent],
    ).to_arrow_table()
    columns = {name: [row[name] for row in made] for name in ("key", "name", "address")}
    return Sample(
        records=pa.table(columns),
        entities=entities,
        present=frozenset(row["key"] for row in made) - frozenset(absent),
        damages={row["key"]: row["damages"] for row in made},
    )


Found = dict[str, str]
"""For each record that was linked, the entity."""


def quality(found: Found, present: Iterable[str]) -> Quality:
    """Quality of links where record and entity of one organisation have one key."""
    there = set(present)
    right = sum(record == entity for record, entity in found.items())
    return Quality(right=right, wrong=len(found) - right, missed=len(there) - right)


def ours(sample: Sample, *, processes: int = 1) -> tuple[Found, set[str]]:
    """Links of goodstanding, and the records whose right entity waits for a person."""
    rows = link(sample.records, sample.entities, processes=processes).to_pylist()
    found = {row["record"]: row["entity"] for row in rows if row["decision"] == "link"}
    waiting = {
        row["record"] for row in rows if row["decision"] == "review" and row["candidate"] == row["record"]
    }
    print(f"  review queue: {sum(row['decision'] == 'review' for row in rows)} of {len(rows)}")
    return found, waiting & sample.present


def splink_defaults(sample: Sample) -> Found:
    """Splink as its documentation begins: library comparisons, estimated parameters, best above 0.95."""
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="key",
        comparisons=[cl.NameComparison("name"), cl.JaroWinklerAtThresholds("address")],
        blocking_rules_to_generate_predictions=[
            block_on("name"),
            block_on("address"),
            block_on("substr(name, 1, 5)"),
        ],
    )
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    api = DuckDBAPI(connection)
    tables = [
        api.register(sample.records.select(["key", "name", "address"]), dataset_display_name="a_records"),
        api.register(sample.entities.select(["key", "name", "address"]), dataset_display_name="b_entities"),
    ]
    linker = Linker(tables, settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("name")], recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("name"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("address"))
    scored = linker.inference.predict(threshold_match_probability=0.95, warning_mode="never")
    best = connection.execute(
        f"""SELECT key_l, arg_max(key_r, (match_weight, key_r)) FROM {scored.physical_name} GROUP BY key_l"""
    ).fetchall()
    return dict(best)


def rapidfuzz_baseline(sample: Sample) -> Found:
    """What one writes in an afternoon: NFKC, names that begin with the same two characters, ratio from 90 on."""
    import unicodedata

    from rapidfuzz import fuzz, process

    blocks: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for row in sample.entities.select(["key", "name"]).to_pylist():
        name = unicodedata.normalize("NFKC", row["name"])
        blocks[name[:2]][0].append(row["key"])
        blocks[name[:2]][1].append(name)
    found = {}
    for row in sample.records.select(["key", "name"]).to_pylist():
        name = unicodedata.normalize("NFKC", row["name"])
        keys, names = blocks.get(name[:2], ([], []))
        best = process.extractOne(name, names, scorer=fuzz.ratio, score_cutoff=90)
        if best:
            found[row["key"]] = keys[best[2]]
    return found


def chicago() -> tuple[pa.Table, list[str]]:
    """The sites, and the true entity of each."""
    with CHICAGO.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    table = pa.table(
        {
            "key": [str(at) for at in range(len(rows))],
            "name": [row["site_name"] for row in rows],
            "address": [" ".join((row["address"], row["zip"])).strip() for row in rows],
        }
    )
    return table, [row["true_id"] for row in rows]


def pairs_quality(clusters: list[str], truth: list[str]) -> Quality:
    """Quality of all pairs of rows that are put together."""

    def pairs(*labels: list[str]) -> int:
        counts: dict[tuple[str, ...], int] = defaultdict(int)
        for label in zip(*labels, strict=True):
            counts[label] += 1
        return sum(count * (count - 1) // 2 for count in counts.values())

    right = pairs(clusters, truth)
    return Quality(right=right, wrong=pairs(clusters) - right, missed=pairs(truth) - right)


def chicago_by_splink(table: pa.Table) -> list[str]:
    """Splink's defaults on one table: library comparisons, connected components at 0.95."""
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect()
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="key",
        comparisons=[cl.NameComparison("name"), cl.JaroWinklerAtThresholds("address")],
        blocking_rules_to_generate_predictions=[
            block_on("substr(name, 1, 5)"),
            block_on("substr(address, 1, 6)"),
        ],
    )
    linker = Linker(DuckDBAPI(connection).register(table), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("name", "address")], recall=0.3)
    linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("name"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("address"))
    scored = linker.inference.predict(threshold_match_probability=0.5, warning_mode="never")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scored, 0.95)
    found = dict(connection.execute(f"SELECT key, cluster_id FROM {clusters.physical_name}").fetchall())
    return [found[key] for key in table["key"].to_pylist()]


def chicago_by_rapidfuzz(table: pa.Table) -> list[str]:
    """Rows whose name and address together have a ratio from 85 on, joined."""
    from rapidfuzz import fuzz, process, utils

    texts = [utils.default_process(f"{row['name']} {row['address']}") for row in table.to_pylist()]
    scores = process.cdist(texts, texts, scorer=fuzz.token_sort_ratio, score_cutoff=85)
    head = list(range(len(texts)))

    def find(row: int) -> int:
        while head[row] != row:
            row = head[row]
        return row

    for left, right in zip(*scores.nonzero(), strict=True):
        head[find(int(left))] = find(int(right))
    return [str(find(row)) for row in range(len(texts))]


def name_pairs(path: Path) -> tuple[list[str], list[str], list[bool]]:
    """Pairs of names and whether each is one organisation."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if path == KVK:
        return [r["name"] for r in rows], [r["gt_name"] for r in rows], [r["correct"] == "True" for r in rows]
    return [r["Name_x"] for r in rows], [r["Name_y"] for r in rows], [r["Targets"] == "1" for r in rows]


def answers_quality(answers: Iterable[bool], truth: Iterable[bool]) -> Quality:
    """Quality of yes and no."""
    both = list(zip(answers, truth, strict=True))
    return Quality(
        right=sum(a and t for a, t in both),
        wrong=sum(a and not t for a, t in both),
        missed=sum(t and not a for a, t in both),
    )


def compared(left: list[str], right: list[str]) -> list[bool]:
    """What `compare` says of pairs of names at even odds."""
    keys = [str(at) for at in range(len(left))]
    answers = compare(pa.table({"key": keys, "name": left}), pa.table({"key": keys, "name": right}))
    return [evidence >= 3 for evidence in answers["evidence"].to_pylist()]


def homonym_rows() -> pa.Table:
    """The namesakes, with their codes, addresses and the division the source states."""
    rows = (
        duckdb.sql(f"SELECT * FROM read_csv('{HOMONYMS}', all_varchar = true)").to_arrow_table().to_pylist()
    )
    return pa.table(
        {
            "key": [row["uscc"] for row in rows],
            "name": [row["name"] for row in rows],
            "address": [row["address"] for row in rows],
            "division": [f"{row['province'] or ''}{row['city'] or ''}" for row in rows],
            "uscc": [row["uscc"] for row in rows],
        }
    )


def timed(title: str, run: Callable[[], Any]) -> Any:
    """Run, and say how long it took."""
    begun = time.perf_counter()
    result = run()
    print(f"  {title}: {time.perf_counter() - begun:.1f} s")
    return result


def registry(*, many: int, damages: int) -> None:
    """Damaged copies of registry rows among the whole registry."""
    print(f"\nRegistry rows, {many:,} copies with {damages} damage each, a fifth of them of nobody there")
    sample = registry_sample(many=many, damages=damages, seed=os.environ.get("LINKAGE_SEED", "registry"))
    print(f"  {len(sample.entities):,} entities")
    found, waiting = timed("goodstanding", lambda: ours(sample, processes=2))
    print(f"  goodstanding   {quality(found, sample.present)}; in review besides: {len(waiting)}")
    for kind in DAMAGES:
        of_kind = {key for key in sample.present if kind in sample.damages[key]}
        theirs = {k: v for k, v in found.items() if kind in sample.damages[k]}
        print(f"    {kind:18} {quality(theirs, of_kind)}")
    print(f"  Splink default {quality(timed('Splink', lambda: splink_defaults(sample)), sample.present)}")
    print(
        f"  rapidfuzz      {quality(timed('rapidfuzz', lambda: rapidfuzz_baseline(sample)), sample.present)}"
    )


def latin() -> None:
    """Chicago's sites and the pairs of names."""
    from rapidfuzz import fuzz, utils

    table, truth = chicago()
    print(f"\nChicago, {len(table):,} rows, {len(set(truth)):,} entities, pairs of rows")
    found = timed("goodstanding", lambda: cluster(table)["cluster"].to_pylist())
    print(f"  goodstanding   {pairs_quality(found, truth)}")
    print(f"  Splink default {pairs_quality(chicago_by_splink(table), truth)}")
    print(f"  rapidfuzz      {pairs_quality(chicago_by_rapidfuzz(table), truth)}")
    for path in (KVK, PAIRS):
        left, right, same = name_pairs(path)
        print(f"\n{path.stem}, {len(left)} pairs, {sum(same)} the same")
        print(f"  goodstanding   {answers_quality(compared(left, right), same)}")
        ratios = [
            fuzz.token_sort_ratio(a, b, processor=utils.default_process) >= 85
            for a, b in zip(left, right, strict=True)
        ]
        print(f"  rapidfuzz      {answers_quality(ratios, same)}")


def homonyms() -> None:
    """Namesakes with other codes: none may be put together."""
    rows = homonym_rows()
    for title, table in (("with codes", rows), ("without codes", rows.drop_columns(["uscc"]))):
        clusters = cluster(table)["cluster"].to_pylist()
        print(f"\nNamesakes {title}: {len(rows)} rows, {len(rows) - len(set(clusters))} wrongly put together")


def million() -> None:
    """A million rows to a million entities, from names and addresses to decisions."""
    sample = registry_sample(many=1_000_000, absent_every=None)
    print(f"\nSpeed: {len(sample.records):,} rows to {len(sample.entities):,} entities")
    begun, before = time.perf_counter(), os.times()
    result = link(sample.records, sample.entities, processes=2)
    seconds, after = time.perf_counter() - begun, os.times()
    processor = sum(after[:4]) - sum(before[:4])
    rows = zip(result["record"].to_pylist(), result["entity"].to_pylist(), strict=True)
    found = {record: entity for record, entity in rows if entity is not None}
    print(
        f"  {seconds:.0f} s by the clock, {processor:.0f} s of processor; {len(result) / seconds:,.0f} rows/s; "
        f"{quality(found, sample.present)}"
    )


def main() -> None:
    """Quality on every labelled set; or, when LINKAGE_MILLION is set, the speed of a million."""
    print(machine())
    if not REGISTRY.exists():
        raise SystemExit("../shared/data is absent")
    if os.environ.get("LINKAGE_MILLION"):
        million()
        return
    homonyms()
    latin()
    registry(many=int(os.environ.get("LINKAGE_ROWS", "20000")), damages=1)
    registry(many=int(os.environ.get("LINKAGE_ROWS", "20000")) // 2, damages=2)
