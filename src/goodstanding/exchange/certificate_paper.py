"""The paper of a restoration certificate: a PDF in both languages with the certificate attached, and a code.

The code holds the address of the page that verifies, with the file's digest behind ``#``, which no browser sends. The
same certificate gives the same bytes.
"""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal, cast

import orjson
import segno
import typst
from django.utils import translation

from goodstanding.proof import Recipient, check_certificate
from goodstanding.proof.certificate import Certificate, FurtherDown
from goodstanding.registry.models import Record

from .errors import ExchangeError

#: Families with Simplified Chinese, the first that is installed is used.
FONTS: Final = (
    *("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Songti SC", "SimSun"),
    *("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei"),
    *("WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "AR PL UMing CN"),
)
#: So many lines of recipients are printed; of more the paper says how many, and the attached file has all.
PRINTED: Final = 24
_CHINA: Final = timezone(timedelta(hours=8))
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
#: What codes are called, and what a recipient has of the record, in English and Chinese.
CODES: Final = {
    "uscc": ("unified social credit code", "统一社会信用代码"),
    "org_code": ("organisation code", "组织机构代码"),
    "registration_no": ("registration number", "注册号"),
    "lei": ("LEI", "LEI"),
}
STATES: Final = {
    "dropped": ("dropped, receipt signed", "已删除，回执已签名"),
    "not_held": ("never held it, receipt signed", "未曾持有，回执已签名"),
    "never_sent": ("was never sent it", "从未发送"),
    "waiting": ("has not answered yet", "尚未答复"),
    "late": ("late: has not answered", "逾期未答复"),
}


def paper(data: bytes) -> bytes:
    """The PDF (PDF/A-3) of a certificate that was just made.

    Args:
        data: the certificate's file. It is attached byte for byte.

    Raises:
        ExchangeError: certificate.no_font.
        ProofError: certificate_malformed.
    """
    made = _set(data, format="pdf")
    assert isinstance(made, bytes)  # a PDF is one file
    return made


def _set(
    data: bytes, *, format: Literal["pdf", "png"], ppi: float | None = None
) -> bytes | list[bytes] | None:
    checked = check_certificate(data)
    told = _told(checked.certificate, checked.digest)
    code = io.BytesIO()
    address = f"{checked.certificate.page}#sha256={checked.digest}"
    segno.make(address, error="m", micro=False).save(code, kind="svg", border=4, xmldecl=False)
    template = resources.files(__package__) / "templates" / "exchange" / "certificate.typ"
    return typst.Compiler(font_paths=_fonts()).compile(
        template.read_bytes(),
        format=format,
        ppi=ppi,
        pdf_standards="a-3u",
        timestamp=int(_instant(checked.certificate.issued_at).timestamp()),
        sys_inputs={
            "told": orjson.dumps(told | {"fonts": ["Libertinus Serif", _chinese()]}).decode(),
            "certificate": data.decode(),
            "code": code.getvalue().decode(),
        },
    )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts()


def _chinese() -> str:
    installed = set(_fonts().families())
    found = next((family for family in FONTS if family in installed), None)
    if found is None:
        raise ExchangeError("certificate.no_font")
    return found


def _told(told: Certificate, digest: str) -> dict[str, Any]:
    """What the template prints."""
    rows = [row for item in told.recipients for row in _rows(item)]
    more, counts = len(rows) - PRINTED, told.totals
    return {
        "title": f"信用修复证明 · {told.entity['name']}",
        "digest": digest,
        "origin": told.origin,
        "key": told.key,
        "issued": _moment(told.issued_at),
        **_statement(told),
        "facts": _facts(told),
        "totals_zh": f"共 {len(rows)} 个接收方："
        + "，".join(f"{zh} {counts[state]}" for state, (_, zh) in STATES.items() if counts[state])
        + "。",
        "totals_en": f"{len(rows)} in all: "
        + "; ".join(f"{en} {counts[state]}" for state, (en, _) in STATES.items() if counts[state])
        + ".",
        "recipients": rows[:PRINTED],
        "more_zh": f"另有 {more} 个接收方，详见所附文件。" if more > 0 else "",
        "more_en": f"{more} more are in the attached file." if more > 0 else "",
        **_words(told),
    }


def _statement(told: Certificate) -> dict[str, str]:
    on = _instant(str(told.removal.content["at"])).date()
    kind = Record.Kind(str(told.removal.content["record_kind"])).label
    with translation.override("zh-hans"):
        kind_zh = str(kind)
    with translation.override("en"):
        kind_en = str(kind)
    codes = cast("list[dict[str, str]]", told.entity["identifiers"])
    named_zh = named_en = told.entity["name"]
    if code := next((item for item in codes if item["scheme"] in CODES), None):
        en, zh = CODES[code["scheme"]]
        named_zh, named_en = f"{named_zh}（{zh} {code['value']}）", f"{named_en} ({en} {code['value']})"
    found, decided = told.found_by, told.decided_by
    return {
        "statement_zh": f"兹证明：{named_zh}的一条{kind_zh}信息（认定单位：{found['name_zh']}），"
        f"已由{decided['name_zh']}于{_day_zh(on)}准予信用修复，其公示、共享和使用自该日起终止。",
        "statement_en": f"This certifies that one record about {named_en}, {_a(kind_en)} found by"
        f" {found['name_en'] or found['name_zh']}, was restored by {decided['name_en'] or decided['name_zh']} on"
        f" {_day_en(on)}. Its publication, sharing and use ended with that day.",
    }


def _facts(told: Certificate) -> list[dict[str, str]]:
    position, removal = told.decision.position, told.removal.position
    facts = [
        (
            "修复决定",
            "Decision",
            f"{_moment(str(told.decision.content['at']))} · № {position} ({told.origin})",
        ),
        ("停止公示", "Removal", f"№ {removal} · {told.removal.content['record']}"),
        ("适用规则", "Law applied", str(told.law["pack"])),
        (
            "日志检查点",
            "Checkpoint",
            f"{told.checkpoint.splitlines()[1]} · {told.checkpoint.splitlines()[2]}",
        ),
        ("见证方", "Witnesses", ", ".join(key.split("+")[0] for key in told.witnesses) or "—"),
    ]
    if told.absence is not None:
        until = told.absence.event.content["until"]
        facts.append(
            (
                "可公示信息",
                "Public records",
                f"截至日志位置 {until}，该主体已无此类可公示信息。 None of this kind as of log position {until}.",
            )
        )
    return [{"zh": zh, "en": en, "value": value} for zh, en, value in facts]


def _rows(item: Recipient) -> list[dict[str, Any]]:
    """The line of a recipient, and under it those of whom it had passed the record on to."""
    below = [
        _row(one, zh=f"↳ {one.holder}", en=f"had it from {' ‹ '.join((*one.via[::-1], item.name_zh))}")
        | {"position": str(one.journaled.position) if one.journaled else "—"}
        for one in item.further_down
    ]
    answered = str(item.journaled.position) if item.journaled else f"→ {item.position}"
    return [_row(item, zh=item.name_zh, en=item.name_en) | {"position": answered}, *below]


def _row(item: Recipient | FurtherDown, *, zh: str, en: str) -> dict[str, Any]:
    state_en, state_zh = STATES[item.state]
    if item.due is not None:
        due = date.fromisoformat(item.due)
        state_zh, state_en = f"{state_zh}（应于{_day_zh(due)}前）", f"{state_en}; due {_day_en(due)}"
    return {
        "zh": zh,
        "en": en,
        "state_zh": state_zh,
        "state_en": state_en,
        "late": item.state == "late",
        "since": _instant(item.since).date().isoformat() if item.since else "—",
    }


def _words(told: Certificate) -> dict[str, str]:
    cosigned_zh = "见证方已对日志联署" if told.witnesses else "尚无见证方对日志联署"
    cosigned_en = (
        "that the witnesses cosigned it" if told.witnesses else "though no witness has cosigned it yet"
    )
    return {
        "proved_zh": f"所附文件证明：上述决定和停止公示已记入日志，此后无法更改而不被发现；{cosigned_zh}；"
        "每份回执由接收方以其密钥签名并记入日志。不证明：接收方确已从其全部系统中删除——回执是其签名的声明；"
        "也不证明平台所述名单之外无人持有副本。原信息的内容不在本证明之中，仅有其摘要。",
        "proved_en": "The attached file proves that the decision and the removal stand in the log, where nothing can "
        f"be changed unseen, {cosigned_en}, and that each receipt was signed by its recipient and "
        "logged. It does not prove that a recipient really deleted the record everywhere: it has signed that it "
        "did. Nor that nobody outside the list holds a copy. What the record said is not in it, only its digest.",
        "verify_zh": f"请验证所附文件，而非纸面。扫描右上角二维码打开 {told.page}，选择本 PDF，核验在浏览器内完成，"
        "不向服务器发送任何内容；或运行 goodstanding certificate verify 文件.pdf --key 平台公钥。"
        "平台公钥请从其他可信途径取得。",
        "verify_en": f"Verify the attached file, not the paper. The code leads to {told.page}: choose this PDF there; "
        "it is checked in your browser, and nothing is sent. Or run: goodstanding certificate verify FILE.pdf --key "
        "KEY. Take the platform's key from somewhere else that you trust.",
    }


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeio' else 'a'} {kind}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(_CHINA)


def _moment(text: str) -> str:
    return _instant(text).strftime("%Y-%m-%d %H:%M (UTC+8)")


def _day_zh(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _day_en(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
