"""The distributions of the city, read from the tables that make it."""

from __future__ import annotations

from typing import Any

from goodstanding.world import commitments, entities, found, generate, lists, permits, utilities
from goodstanding.world.city import DISTRICTS, SENDERS
from goodstanding.world.dirt import DIRT
from goodstanding.world.feeds import BLOCK
from goodstanding.world.offences import DECISIONS


def describe() -> dict[str, Any]:
    """Every distribution that the generator draws from, with its unit in the key."""
    return {
        "entities": {
            "from": generate.LEAST_ENTITIES,
            "to": entities.MOST_ENTITIES,
            "body_class_per_mille": dict(entities.PREFIXES),
            "status_per_mille": dict(entities.STATUSES),
            "district_percent": {district.zh: district.weight for district in DISTRICTS},
            "age_weight_by_whole_year": list(entities.AGE_WEIGHTS),
            "code_names_the_city_bureau_percent": 40,
            "english_name_percent_of_enterprises": 12,
            "twins_one_pair_in": entities.TWIN_EVERY,
            "oddities_of_10000": dict(entities.REGISTRATION_DIRT),
        },
        "authorities": {entry.code: entry.name_zh for entry in SENDERS},
        "records": {
            "per_entity": generate.RECORDS_PER_ENTITY,
            "kind_percent": dict(generate.KINDS),
            "penalty_files_percent": {field: weight for field, weight, _ in generate.PENALTY_FILES},
            "permit_files_percent": dict(generate.PERMIT_FILES),
            "rows_in_a_spreadsheet": generate.MOST_ROWS_IN_SPREADSHEET,
            "rows_in_a_block": BLOCK,
        },
        "penalties": {
            "decisions_percent": [
                {"kinds": list(row.kinds), "simple_procedure": row.simple, "percent": row.weight}
                for row in DECISIONS
            ],
            "natural_persons_percent": generate.PERSONS_SHARE * 100,
        },
        "found_days_before": [
            {"percent": percent, "from": low, "to": high} for percent, low, high in found.ADVERSE_AGES
        ],
        "found_exactly_months_before": {
            "percent": 100 - sum(percent for percent, _, _ in found.ADVERSE_AGES),
            "months": list(found.EDGES_IN_MONTHS),
        },
        "permits": {
            "long_term_percent": permits.LONG_TERM_SHARE * 100,
            "date_cells_percent_in_spreadsheets": permits.DATE_CELL_SHARE * 100,
        },
        "commitments": {
            "kinds": list(commitments.KINDS),
            "performance_percent": dict(commitments.PERFORMANCE),
        },
        "utility_payments": {"state_percent": dict(utilities.PAYMENT)},
        "abnormal_list": {"removed_percent": lists.REMOVED_SHARE * 100},
        "dirt_of_10000": {
            kind.name: {
                "share": kind.share,
                "disposition": kind.disposition,
                "reason": kind.reason,
                "what": kind.en,
            }
            for kind in DIRT
        },
    }
