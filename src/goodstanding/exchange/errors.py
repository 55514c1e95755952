"""What the exchange refuses: a closed family, each with a sentence in both languages."""

from __future__ import annotations

from typing import Final

from .agreement_faults import Fault

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
    "agreement.document": (
        "The agreement is faulty; mend what is named and check it with `goodstanding agreement check`.",
        "共享协议有误；请更正所列之处，并用 `goodstanding agreement check` 检查。",
    ),
    "agreement.unknown": (
        "There is no such agreement; `goodstanding agreement show` lists them.",
        "没有这份共享协议；可用 `goodstanding agreement show` 查看全部协议。",
    ),
    "agreement.no_method": (
        "No agreement in force lets records leave this way; agree on a version that names the method.",
        "没有生效的协议允许以该方式提供信息；请另行签订写明该方式的协议版本。",
    ),
    "agreement.too_soon": (
        "The agreement lets the same be read once in its frequency; come again when Retry-After says.",
        "协议约定了查询频率，同一对象在一个周期内只能查询一次；请按 Retry-After 所示时间再试。",
    ),
    "read.unknown": (
        "There is nothing that your agreements let you read.",
        "没有可依共享协议查询的内容。",
    ),
    "agreement.items": (
        "The agreement names an item that the catalogue does not have.",
        "共享协议所列事项不在目录中。",
    ),
    "agreement.provider": (
        "The agreement names another provider than this installation, or another key than its log's.",
        "共享协议中的提供方或其密钥与本平台不符。",
    ),
    "agreement.recipient": (
        "The agreement's recipient is no subscriber here, or its key is not the one registered for it.",
        "共享协议中的接收方不是本平台的数据接收方，或其密钥与登记的不符。",
    ),
    "agreement.version": (
        "A new version needs a higher number than every version drafted before, and the same recipient.",
        "新版本的版本号须高于此前所有版本，且接收方不变。",
    ),
    "agreement.nothing_to_sign": (
        "No version of this agreement waits for this signature.",
        "该协议没有待此方签署的版本。",
    ),
    "agreement.signature": (
        "The signature is not one over this version with the key that is registered for the recipient.",
        "签名与该版本或接收方登记的公钥不符。",
    ),
    "agreement.paper": (
        "Name the signed paper: its number or its date.",
        "请写明纸质协议的编号或日期。",
    ),
    "agreement.state": (
        "The agreement's state does not allow this step.",
        "协议的当前状态不允许此操作。",
    ),
    "agreement.reason": (
        "Say why in 4 to 500 characters.",
        "请用 4 至 500 个字写明理由。",
    ),
    "agreement.past": (
        "An agreement cannot be ended before today: something may have been sent under it since.",
        "协议不能早于今日终止：此后可能已有信息依其发出。",
    ),
    "request.items": (
        "Name items of the catalogue that can be had under an agreement.",
        "请选择目录中可依共享协议提供的事项。",
    ),
    "request.divisions": (
        "Divisions are codes of six digits, at most 100 of them.",
        "行政区划须为六位数字代码，最多 100 个。",
    ),
    "request.text": (
        "Say purpose and legal basis in 4 to 500 characters each.",
        "请分别用 4 至 500 个字写明用途和依据。",
    ),
    "request.method": (
        "Name one or more of feed, api, file, and push where a push address is registered for you.",
        "请选择数据流（feed）、单条查询（api）、文件（file）中的一种或者多种；已登记推送地址的，也可选择推送（push）。",
    ),
    "request.open": (
        "The same items and places are asked for already, in other words; withdraw that request first.",
        "已有对相同目录项和地域的申请（用途、依据或方式不同）待答复；请先撤回该申请。",
    ),
    "request.many": (
        "Too many of your requests wait for an answer; wait for one of them.",
        "待答复的申请过多；请等待其中一项得到答复。",
    ),
    "request.unknown": ("There is no such request.", "没有这项申请。"),
    "request.state": ("The request has been answered already.", "该申请已经答复。"),
    "request.reasons": (
        "Say why in 10 to 2,000 characters; the subscriber reads it.",
        "请用 10 至 2000 个字写明理由；申请方会看到。",
    ),
    "request.decision": ("Draft an agreement, or turn the request down.", "请选择起草协议或者不予同意。"),
    "agreement.step": (
        "Choose what to do; if the agreement has changed since you looked, look again.",
        "请选择要办理的事项；如协议在您查看后已有变化，请重新查看。",
    ),
    "deletion.signature": (
        "The statement of deletion is not signed with the key that is registered for this recipient.",
        "删除声明的签名与该接收方登记的公钥不符。",
    ),
    "deletion.agreement": (
        "The statement of deletion names another agreement or another recipient.",
        "删除声明所写的协议或接收方不一致。",
    ),
    "certificate.not_sealed": (
        "The decision is not under a published checkpoint yet; ask again in a few minutes.",
        "修复决定尚未纳入已发布的检查点；请几分钟后再试。",
    ),
    "certificate.away": (
        "The instance that decided does not give the certificate now; ask again in a few minutes.",
        "作出决定的平台暂时未能提供证明；请几分钟后再试。",
    ),
    "certificate.not_proved": (
        "What the instance that decided gave as the certificate does not hold; tell its operator.",
        "作出决定的平台提供的证明未通过核验；请告知该平台运营方。",
    ),
    "certificate.no_font": (
        "No Chinese font is installed, so the paper cannot be set; install one (Debian: fonts-noto-cjk). The JSON file "
        "needs none.",
        "系统未安装中文字体，无法排版纸质证明；请安装（Debian 软件包 fonts-noto-cjk）。JSON 文件不需要字体。",
    ),
    "recipient.unknown": ("There is no such recipient.", "没有该数据接收方。"),
    "recipient.forbidden": (
        "Only the operator decides on the suspension of a recipient.",
        "只有平台运营方可以决定是否暂停数据接收方。",
    ),
    "probe.address": (
        "The address must begin with https:// and a host, hold no blanks, and have no placeholders after the host but "
        "{code}, {document_no} and {record}.",
        "地址须以 https:// 加主机名开头，不含空格；主机名之后的占位符只能是 {code}、{document_no}、{record}。",
    ),
    "probe.marker": (
        "Give the text that is there while a record is shown, at most 1,000 characters. {document_no} or {record} must "
        "stand in it or in the address, else one record cannot be told from another.",
        "请给出展示该信息时页面上出现的文字，最多 1000 字；其中或地址中须有 {document_no} 或 {record}，"
        "否则无法区分不同信息。",
    ),
    "probe.known": (
        "This address of the recipient is looked at already; end it first to look in another way.",
        "该接收方的此地址已登记；如需更改查看方式，请先停止原登记。",
    ),
    "probe.unknown": (
        "There is no such place, or it has ended; `goodstanding probe place list` names them.",
        "没有该查看地址，或已停止；可用 `goodstanding probe place list` 查看。",
    ),
    "canary.not_agreed": (
        "No agreement in force says that canaries may be among what this recipient gets by the feed; conclude a "
        "version with `probing: {canaries: true}`.",
        "没有生效的共享协议约定可以在该接收方的数据流中投放标识信息；请签订含 `probing: {canaries: true}` 的版本。",
    ),
    "canary.instance": (
        "This recipient runs an instance of the platform, which would publish the canary as a record.",
        "该接收方运行另一平台，会将标识信息作为真实信息公示，因此不能投放。",
    ),
    "canary.no_form": (
        "Within what is agreed no fine or abnormal-list entry is published for another month whose form would do.",
        "协议范围内没有至少还公示一个月、可供标识信息仿照其样式的罚款或者经营异常名录信息。",
    ),
    "canary.unknown": (
        "There is no such canary, or it was removed; `goodstanding canary list` names them.",
        "没有该标识信息，或已移除；可用 `goodstanding canary list` 查看。",
    ),
    "suspension.none": (
        "No suspension of this recipient waits for a decision.",
        "该数据接收方没有待决定的暂停建议。",
    ),
    "suspension.open": (
        "A suspension of this recipient is proposed or in force already; decide on that one.",
        "该数据接收方已有暂停建议或者正在暂停，请就其作出决定。",
    ),
    "suspension.not_late": (
        "No removal is past its last day with this recipient, or no agreement of it is in force.",
        "该数据接收方没有逾期未确认的移除，或者没有生效的共享协议。",
    ),
    "suspension.same_operator": (
        "Another operator than the one who proposed it confirms.",
        "须由提出建议者以外的另一名运营人员确认。",
    ),
    "suspension.not_suspended": ("This recipient is not suspended.", "该数据接收方未被暂停。"),
    "suspension.by_clause": (
        "Its agreement's own clause suspended it: it is resumed once all that is late is answered, or by a new version "
        "of the agreement.",
        "其系依共享协议条款自动暂停：全部逾期移除确认后自动恢复，或者签订新版本协议。",
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
    "receipt.onward": (
        "A receipt names at most 1,000 to whom the record had been passed on.",
        "一份回执最多列出 1000 个曾获转提供该信息的对象。",
    ),
    "receipt.action": (
        "A removal is answered with dropped or not_held.",
        "对移除事件只能答复 dropped（已删除）或 not_held（未持有）。",
    ),
    "snapshot.unavailable": (
        "No snapshots are made here: install with `pip install goodstanding[columns]`, or read the feed from 0.",
        "本平台未安装制作快照所需的组件：请安装 `goodstanding[columns]`，或从位置 0 起读取数据流。",
    ),
    "reconciliation.claim": (
        "The claim is not signed with the key that is registered for this subscriber, or names another one.",
        "持有声明的签名与该接收方登记的公钥不符，或所写的接收方不一致。",
    ),
    "reconciliation.position": (
        "The claim names a position that is not on the feed yet.",
        "持有声明所写的位置尚未进入数据流。",
    ),
    "reconciliation.sums": (
        "The sums must be 4,096 of 16 bytes each, in base64.",
        "分桶和须为 4096 个、每个 16 字节（base64）。",
    ),
    "reconciliation.closed": (
        "This round of reconciliation is over; begin another with a new claim.",
        "本轮对账已结束；请以新的持有声明开始下一轮。",
    ),
    "reconciliation.listed": (
        "What is listed of a bucket cannot be read.",
        "所列的分桶内容无法读取。",
    ),
    "federation.token": (
        "The token for this instance is not there; join it again with `goodstanding federation join`.",
        "缺少访问该平台的令牌；请用 `goodstanding federation join` 重新加入。",
    ),
    "federation.key": (
        "The instance's log shows another key than the one that was given or pinned; ask it by another way.",
        "该平台日志出示的密钥与所给或已固定的密钥不符；请通过其他途径核实。",
    ),
    "federation.self": (
        "This is this very instance; each instance needs a log name of its own (GOODSTANDING_ORIGIN).",
        "该地址就是本平台；每个平台须有各自的日志名称（GOODSTANDING_ORIGIN）。",
    ),
    "federation.other": (
        "Another instance, or another account there, is known by this name.",
        "该名称已用于另一平台或该平台的另一账户。",
    ),
    "federation.agreement": (
        "The instance has no agreement in force with this account.",
        "该平台与此账户之间没有生效的共享协议。",
    ),
    "federation.unknown": (
        "There is no neighbour of this name; `goodstanding federation list` names them.",
        "没有该名称的邻接平台；可用 `goodstanding federation list` 查看。",
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
    "filter.none": (
        "No status filter was issued yet; `goodstanding filter make` issues one.",
        "尚未签发状态过滤器；可用 `goodstanding filter make` 签发。",
    ),
    "log.no_record": ("There is no such record.", "没有这条记录。"),
    "anchor.config": (
        "The file of anchors is not right; mend what is named and start again.",
        "锚定配置文件有误；请更正所列之处后重新启动。",
    ),
    "anchor.unknown": (
        "No anchor of this name is configured; `goodstanding log anchors` lists them.",
        "没有配置该名称的锚定方式；可用 `goodstanding log anchors` 查看。",
    ),
    "anchor.extra": (
        "Anchoring on a chain needs the extra `chain`: install goodstanding[chain].",
        "链上锚定需要附加组件 `chain`：请安装 goodstanding[chain]。",
    ),
    "anchor.unreachable": (
        "The anchor does not answer, or its disk is not there; it is tried again.",
        "锚定方无应答，或其磁盘不可用；系统会重试。",
    ),
    "anchor.refused": ("The anchor refuses the checkpoint.", "锚定方拒绝接收该检查点。"),
    "anchor.forged": (
        "What the anchor gave does not hold for this checkpoint; do not believe it.",
        "锚定凭证与该检查点不符；请勿采信。",
    ),
    "anchor.lost": (
        "The anchor no longer holds what the receipt says.",
        "锚定方已不再保有凭证所载内容。",
    ),
    "anchor.contradicted": (
        "The anchor holds another root at this size: two histories were signed, or the tables were put back.",
        "锚定方在该大小处保有另一个根：日志签发过两段历史，或数据库被恢复到较早状态。",
    ),
    "anchor.ahead": (
        "The anchor holds a later state of this log than its tables: the tables were put back.",
        "锚定方保有的日志状态比数据库更新：数据库被恢复到较早状态。",
    ),
    "anchor.contract": (
        "This is not the contract for this log on this chain; check address, chain and origin.",
        "该链上的合约不属于本日志；请核对地址、链号与来源标识。",
    ),
}

CODES: Final = frozenset(_TEXTS)


class ExchangeError(Exception):
    """Something that the exchange refuses. ``code`` is for machines, ``en`` and ``zh`` are for people."""

    def __init__(self, code: str, *, place: str = "") -> None:
        self.code, self.place = code, place
        self.en, self.zh = _TEXTS[code]
        super().__init__(f"{code}: {self.en}" + (f" [{place}]" if place else ""))


class ReadTooSoon(ExchangeError):
    """The same was read within the frequency of the agreement. ``retry_after``: seconds until it may be read again."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = max(1, retry_after)
        super().__init__("agreement.too_soon", place=f"{self.retry_after} s")


class AgreementRefused(ExchangeError):
    """A file that is no sharing agreement; ``faults`` says where and what to do. ``en`` and ``zh`` name them all."""

    def __init__(self, *, file: str, faults: tuple[Fault, ...]) -> None:
        self.file, self.faults = file, faults
        super().__init__("agreement.document", place=file)
        self.en = "\n".join([self.en, *(f"{file}:{one.line}: {one.path} {one.en}" for one in faults)])
        self.zh = "\n".join([self.zh, *(f"{file}:{one.line}：{one.path} {one.zh}" for one in faults)])
