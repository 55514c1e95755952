"""The words of notices that are not of a case's step: each with its name and what it means, in English and Chinese."""

from __future__ import annotations

from typing import Final

#: What happened to a record: its name and what it means for its entity, in English and Chinese.
OF_RECORDS: Final[dict[str, tuple[str, str, str, str]]] = {
    "record.committed": (
        "A record about you was taken in",
        "新收录一条关于您的失信信息",
        "The restoration notice says until when it stands, from which day it can be restored, and what to do.",
        "信用修复告知书载明公示期限、最早可修复日期以及办理方式。",
    ),
    "record.relisted": (
        "A record about you is listed again",
        "一条关于您的失信信息重新列入",
        "Its source listed it again; the restoration notice says what holds now.",
        "数据来源单位重新列入该信息，信用修复告知书载明当前适用的期限。",
    ),
    "record.republished": (
        "A record about you is published again",
        "一条关于您的失信信息恢复公示",
        "Its restoration was revoked. The restoration notice says the dates that hold now; you may object.",
        "信用修复已被撤销。信用修复告知书载明重新计算的期限；您可以提出异议。",
    ),
    "record.superseded": (
        "A record about you was reported anew",
        "一条关于您的失信信息已更新",
        "Its source replaced what it had reported before; look at what it says now.",
        "数据来源单位已用新的报送替换原内容，请核对现有内容。",
    ),
    "record.corrected": (
        "A record about you was corrected",
        "一条关于您的失信信息已更正",
        "It says the corrected values now, for every reader; its dates may have moved.",
        "该信息已更正，对所有查阅者生效；相关期限可能随之变化。",
    ),
    "record.restorable": (
        "The day has come: a record can be restored",
        "提醒：一条失信信息最短公示期已届满",
        "Its shortest period is over. Apply once every duty is performed; the notice lists what is still needed.",
        "最短公示期已届满。履行全部义务后即可申请修复；告知书列明尚需满足的条件。",
    ),
    "record.shielded": (
        "A record about you is shielded",
        "一条关于您的失信信息已屏蔽",
        "While the plan is carried out it is not shown to the public and nobody may use it.",
        "在重整计划或者和解协议执行期间，该信息不予公示，任何人不得使用。",
    ),
    "record.unshielded": (
        "A record about you is shielded no longer",
        "一条关于您的失信信息已解除屏蔽",
        "The shield was lifted without restoration; the record stands again as before.",
        "屏蔽已解除且未予修复，该信息恢复原有状态。",
    ),
    "record.ended": (
        "The publication of a record about you has ended",
        "一条关于您的失信信息公示期满",
        "The longest period is over. It is no longer shown, and nobody had to apply.",
        "最长公示期届满，该信息不再公示，无需申请。",
    ),
    "record.withdrawn": (
        "A record about you was withdrawn",
        "一条关于您的失信信息已撤销",
        "It is no longer there, for every reader and every holder.",
        "该信息已撤销，对所有查阅者和持有者生效。",
    ),
    "record.redacted": (
        "The content of a record about you was erased",
        "一条关于您的失信信息内容已删除",
        "Its source took it back; its content is gone.",
        "数据来源单位已撤回，相关内容已删除。",
    ),
    "outcome.reported": (
        "A body reported what it did after a removal",
        "有单位报告了后续处理结果",
        "The page of the record says which measures were lifted and what was done anew, and who still lags.",
        "记录页面载明已解除的措施、重新作出的评价以及尚未报告的单位。",
    ),
    "removal.late": (
        "A holder has not shown in time that it dropped a record about you",
        "有数据接收方逾期未确认删除关于您的信息",
        "Its agreement gives it a last day, which has passed. The page of the record says who it is and what follows.",
        "其数据共享协议约定的期限已过。该信息的传播页面载明是哪一家以及后续措施。",
    ),
    "correction.late": (
        "A holder has not taken over in time what was corrected in a record about you",
        "有数据接收方逾期未更新关于您的更正信息",
        "Its agreement gives it a last day, which has passed; it may still have the old content. The page of the "
        "record says who it is.",
        "其数据共享协议约定的期限已过，该接收方可能仍持有更正前的内容。该信息的传播页面载明是哪一家。",
    ),
    "probe.shown": (
        "A holder still shows a record about you that was removed",
        "有数据接收方仍在公开展示已移除的关于您的信息",
        "We looked at what it shows to the public. It and the operator are told, and we look again each day; the page "
        "of the record says who it is.",
        "我们查看了其公开页面。已告知该接收方和平台运营方，并将每日复查；该信息的传播页面载明是哪一家。",
    ),
    "probe.gone": (
        "A holder no longer shows a record about you that was removed",
        "有数据接收方已不再公开展示已移除的关于您的信息",
        "It had shown the record after the removal; at the last look it was gone.",
        "该接收方曾在信息移除后仍予展示；最近一次查看时已不再展示。",
    ),
    "removal.kept": (
        "A holder was found to keep a record about you after saying that it was gone",
        "有数据接收方在确认删除后被发现仍持有关于您的信息",
        "Reconciliation showed it. It has to answer again; the page of the record says who it is and by when.",
        "对账时发现。该接收方须重新确认删除；该信息的传播页面载明是哪一家以及期限。",
    ),
    "use.affected": (
        "Look again: a record that you used has gone or was corrected",
        "请重新审视：您使用过的一条信息已移除或者更正",
        "You reported a decision that used this record. Look at it again and say what came of it under Decisions that "
        "used a record.",
        "您报告过一项使用该信息的决定。请重新审视该决定，并在“使用过信息的决定”中报告结果。",
    ),
    "use.reminded": (
        "Reminder: a decision that used a removed record waits for your answer",
        "催办：一项使用过已移除信息的决定尚待答复",
        "Look at it again and say what came of it under Decisions that used a record: made anew, kept with reasons, or "
        "not applicable.",
        "请重新审视该决定，并在“使用过信息的决定”中报告结果：重新作出、附理由维持或者不适用。",
    ),
    "outcome.reminded": (
        "Reminder: say what followed a removal",
        "催办：请报告信用修复后的处理结果",
        "This record was removed or corrected. Lift its measures, evaluate anew, and report it.",
        "该信息已修复、撤销或者更正，请解除惩戒措施、更新信用评价并报告。",
    ),
}
#: Of a recipient of the feed: what happened, and what it means; with its name, how many removals, and since when.
OF_RECIPIENTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "recipient.reminded": (
        "{name}: removals are to be answered",
        "{name}：有移除事件待确认",
        "Removals without a signed receipt: {removals}. The first last day is {day}. Drop the records and sign.",
        "尚未签署回执的移除事件共{removals}件，最早的期限为{day}。请删除相关信息并签署回执。",
    ),
    "recipient.late": (
        "{name}: removals were not answered in time",
        "{name}：移除事件逾期未确认",
        "Removals without a signed receipt past their last day: {removals}, the first of them {day}. Whom the "
        "records are about is told.",
        "逾期未签署回执的移除事件共{removals}件，最早的期限为{day}。已告知相关信用主体。",
    ),
    "recipient.correction_reminded": (
        "{name}: corrections are to be taken over",
        "{name}：有更正信息待更新",
        "Corrected records of which it has not shown that it has the new content: {corrections}. The first last day is "
        "{day}. Follow the feed and confirm, fetch the newest files, or read the records anew.",
        "尚未更新的更正信息共{corrections}条，最早的期限为{day}。请读取变更流并确认位置、取用最新文件或者重新查询。",
    ),
    "recipient.correction_late": (
        "{name}: corrections were not taken over in time",
        "{name}：更正信息逾期未更新",
        "Corrected records past their last day: {corrections}, the first of them {day}. It may still have the old "
        "content. Whom the records are about is told.",
        "逾期未更新的更正信息共{corrections}条，最早的期限为{day}，该接收方可能仍持有更正前的内容。已告知相关信用主体。",
    ),
    "recipient.suspension_proposed": (
        "{name}: suspension is proposed",
        "{name}：建议暂停数据共享",
        "Removals stay unanswered: {removals}, the first was due on {day}. The operator decides; once all that is "
        "late is answered the proposal is void.",
        "仍有{removals}件移除事件逾期未确认，最早的期限为{day}。由平台运营方决定；全部补齐回执后建议自动失效。",
    ),
    "recipient.suspension_declined": (
        "{name}: it is not suspended",
        "{name}：不予暂停数据共享",
        "The operator decided against it. The removals are still to be answered: {removals}, the first was due on "
        "{day}.",
        "平台运营方决定不予暂停。仍有{removals}件移除事件待确认，最早的期限为{day}。",
    ),
    "recipient.suspended": (
        "{name}: its agreements are suspended",
        "{name}：数据共享协议已暂停",
        "Nothing new is sent, removals still are. Once all that is late is answered sending begins again by itself. "
        "Late: {removals}, the first was due on {day}.",
        "不再发送新信息，移除事件照常发送。全部补齐逾期回执后自动恢复。逾期{removals}件，最早的期限为{day}。",
    ),
    "recipient.resumed": (
        "{name}: its agreements are resumed",
        "{name}：数据共享协议已恢复",
        "All that was late is answered; sending has begun again.",
        "逾期的移除事件均已确认，已恢复发送。",
    ),
    "probe.shown": (
        "{name}: a removed record is still shown",
        "{name}：仍在公开展示已移除的信息",
        "It was seen at a public place of the recipient on {day}, after its receipt or its last day. Its page says "
        "which record, and we look again each day.",
        "{day}在该接收方的公开页面上看到该信息，此前其已签署回执或者期限已过。接收方页面载明是哪一条，我们将每日复查。",
    ),
    "probe.gone": (
        "{name}: a removed record is no longer shown",
        "{name}：已不再公开展示已移除的信息",
        "It had been seen at a public place of the recipient since {day}; at the last look it was gone.",
        "该信息自{day}起在该接收方的公开页面上被看到；最近一次查看时已不再展示。",
    ),
    "canary.recognised": (
        "{name}: a copy that came out is this recipient's",
        "{name}：外流数据来自该接收方",
        "A file that was checked holds what only this recipient was sent (canaries: {number}, recognised by {by_en}). "
        "Its page says which. It is not told: what follows is for you to decide.",
        "经核查的文件中含有仅发送给该接收方的标识信息（{number}条，依据：{by_zh}）。接收方页面载明是哪些。未告知该接收方，"
        "后续措施由您决定。",
    ),
    "recipient.stale": (
        "{name}: files were not fetched in time",
        "{name}：文件逾期未取用",
        "Files under agreement {agreement} have waited since {day}, longer than the freshness that was agreed. What is "
        "shown may be too old: fetch the newest.",
        "依协议 {agreement} 提供的文件自{day}起待取用，已超过约定的时效。所展示的信息可能过期，请取用最新文件。",
    ),
    "subscription.requested": (
        "{name} asks for items of the catalogue",
        "{name}申请数据共享",
        "Draft the agreement or turn the request down, under Sharing agreements.",
        "请在“数据共享协议”页面起草协议或者不予同意。",
    ),
    "subscription.withdrawn": (
        "{name} has withdrawn its request",
        "{name}撤回了数据共享申请",
        "Nothing is to be done about it.",
        "无须办理。",
    ),
    "subscription.drafted": (
        "{name}: an agreement was drafted from the request",
        "{name}：已根据申请起草协议",
        "Read agreement {agreement} and sign it; it holds once both sides have signed.",
        "请阅读并签署协议 {agreement}；双方签署后生效。",
    ),
    "subscription.refused": (
        "{name}: the request was turned down",
        "{name}：申请未获同意",
        "The operator's reasons stand beside the request, under Sharing agreements.",
        "平台运营方的理由载于“数据共享协议”页面该申请之下。",
    ),
}
#: The same where the record is a canary, to the operator; the recipient reads what it would read of any record.
OF_CANARIES: Final[dict[str, tuple[str, str, str, str]]] = {
    "probe.shown": (
        "{name}: a removed canary is still shown",
        "{name}：仍在公开展示已移除的标识信息",
        "It was seen at a public place of the recipient on {day}, after its receipt or its last day. The record is a "
        "canary, of a firm that does not exist; the recipient is told as of any record, and not that it is one.",
        "{day}在该接收方的公开页面上看到该信息，此前其已签署回执或者期限已过。该信息是标识信息，所涉企业并不存在；"
        "已按一般信息告知该接收方，未告知其为标识信息。",
    ),
    "probe.gone": (
        "{name}: a removed canary is no longer shown",
        "{name}：已不再公开展示已移除的标识信息",
        "It had been seen at a public place of the recipient since {day}; at the last look it was gone.",
        "该标识信息自{day}起在该接收方的公开页面上被看到；最近一次查看时已不再展示。",
    ),
}
#: By what of it a canary was recognised.
CANARY_MARKS: Final = {
    "code": ("code", "代码"),
    "name": ("name", "名称"),
    "record": ("record id", "信息编号"),
    "document_no": ("document number", "文书号"),
}
#: Of the last day of a case, by its event.
OF_LAST_DAYS: Final[dict[str, tuple[str, str, str, str]]] = {
    "case.due": (
        "the last day is near",
        "办理期限将至",
        "A time that the law sets in this case runs out on {day}.",
        "该案件的法定期限将于{day}届满。",
    ),
    "case.late": (
        "the last day has passed",
        "办理期限已过",
        "A time that the law sets in this case ran out on {day}, and the step was not taken. The operator is told too.",
        "该案件的法定期限已于{day}届满，仍未办理。已同时告知平台运营方。",
    ),
}
