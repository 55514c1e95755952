"""What the exchange refuses: a closed family, each with a sentence in both languages."""

from __future__ import annotations

from typing import Final

# code -> (sentence, sentence in Chinese)
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "subscriber.key": (
        "The public key must be 32 bytes of Ed25519, in base64 where it is text.",
        "公钥须为 32 字节的 Ed25519 公钥（文本形式为 base64）。",
    ),
    "subscriber.role": (
        "Only an account with the role subscriber can subscribe.",
        "只有角色为数据接收方的账户可以订阅。",
    ),
    "subscriber.push_url": (
        "The push address must be an http or https address without a user name.",
        "推送地址须为不含用户名的 http 或 https 地址。",
    ),
    "agreement.kinds": (
        "An agreement names at least one kind of record, all of them in the catalogue.",
        "共享协议须至少包含一种目录内的信息类别。",
    ),
    "agreement.divisions": (
        "Divisions are codes of six digits; none means everywhere.",
        "行政区划须为六位数字代码；不填表示全部。",
    ),
    "agreement.basis": (
        "An agreement needs a purpose and a legal basis.",
        "共享协议须写明用途和法律依据。",
    ),
    "agreement.dates": (
        "An agreement must not end before it begins.",
        "共享协议的终止日期不得早于起始日期。",
    ),
    "position.negative": ("A feed position is 0 or more.", "数据流位置不能为负数。"),
    "receipt.signature": (
        "The receipt is not signed with the key that is registered for this subscriber.",
        "回执的签名与该接收方登记的公钥不符。",
    ),
    "receipt.subscriber": (
        "The receipt names another subscriber.",
        "回执所写的接收方与提交者不一致。",
    ),
    "receipt.not_a_removal": (
        "The position does not name a removal of this record that was sent to this subscriber.",
        "该位置不是发给该接收方的此条记录的移除事件。",
    ),
    "receipt.action": (
        "A removal is answered with dropped or not_held.",
        "对移除事件只能答复 dropped（已删除）或 not_held（未持有）。",
    ),
    "log.empty": (
        "Nothing is sealed yet, so there is no checkpoint.",
        "日志尚未封存任何事件，没有检查点。",
    ),
    "log.other_export": (
        "The folder holds another log, or one that this log does not continue; look at both before you write over it.",
        "该文件夹中是另一份日志，或本日志并非其延续；覆盖之前请先核对两者。",
    ),
    "log.unproved": (
        "The event is not under the published checkpoint yet, or its content was forgotten.",
        "该事件尚未纳入已发布的检查点，或其内容已被删除。",
    ),
    "map.class": (
        "The map has no such class; it has the kinds of records, and adverse.",
        "可验证映射没有该类别；类别为各信息类别，以及 adverse（全部失信信息）。",
    ),
    "map.empty": (
        "No root of the map lies under the published checkpoint yet.",
        "可验证映射的根尚未纳入已发布的检查点。",
    ),
    "map.no_entity": ("There is no such entity.", "没有该主体。"),
    "log.no_record": ("There is no such record.", "没有这条记录。"),
}

CODES: Final = frozenset(_TEXTS)


class ExchangeError(Exception):
    """Something that the exchange refuses. ``code`` is for machines, ``en`` and ``zh`` are for people."""

    def __init__(self, code: str, *, place: str = "") -> None:
        self.code, self.place = code, place
        self.en, self.zh = _TEXTS[code]
        super().__init__(f"{code}: {self.en}" + (f" [{place}]" if place else ""))
