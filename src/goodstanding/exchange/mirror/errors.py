"""What a mirror stops at, or tries again after: a closed family with a remedy each, in both languages."""

from __future__ import annotations

from typing import Final

# code -> (sentence, sentence in Chinese, remedy, remedy in Chinese)
_TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "platform.unreachable": (
        "The platform does not answer.",
        "平台没有应答。",
        "Check the address and the network; the mirror tries again by itself.",
        "请检查地址和网络；镜像会自动重试。",
    ),
    "platform.refused": (
        "The platform refused the request.",
        "平台拒绝了请求。",
        "Check the token, its scopes and the agreement.",
        "请检查令牌、其权限范围和共享协议。",
    ),
    "platform.answer": (
        "The platform's answer cannot be read.",
        "无法读取平台的应答。",
        "Check that the address is that of a Goodstanding platform.",
        "请确认该地址是 Goodstanding 平台。",
    ),
    "feed.gap": (
        "The feed left out or repeated a position.",
        "数据流缺少或重复了某个位置。",
        "Do not use this feed; report the position to the platform.",
        "请勿使用该数据流，并将该位置报告平台。",
    ),
    "feed.entry": (
        "An entry does not match the commitment in the log.",
        "某条目与日志中的承诺值不符。",
        "Do not use this feed; report the position to the platform.",
        "请勿使用该数据流，并将该位置报告平台。",
    ),
    "feed.root": (
        "The entries do not lead to the root that the log signed: one of them was changed or left out.",
        "各条目算出的根与日志签署的根不符：有条目被更改或遗漏。",
        "Do not use this feed; keep the answer and report it.",
        "请勿使用该数据流，保留该应答并报告。",
    ),
    "log.key": (
        "The checkpoint is not signed with the key that this mirror pinned at first use.",
        "检查点不是由本镜像首次使用时固定的密钥签署的。",
        "Ask the platform by another way whether its key changed; start a new store only if it did.",
        "请通过其他途径向平台确认密钥是否更换；确认后再新建存储。",
    ),
    "log.checkpoint": (
        "The checkpoint is not valid.",
        "检查点无效。",
        "Do not use this feed; keep the answer and report it.",
        "请勿使用该数据流，保留该应答并报告。",
    ),
    "log.split": (
        "The log does not prove that it extends the one that this mirror has verified.",
        "日志不能证明其是本镜像已验证日志的延续。",
        "The platform may be showing two histories. Keep both checkpoints and publish them.",
        "平台可能展示了两个不同的历史。请保留并公开两个检查点。",
    ),
    "log.shrunk": (
        "The log is shorter than the one that this mirror has verified.",
        "日志比本镜像已验证的更短。",
        "The platform may have been restored from an old copy; ask it, and keep both checkpoints.",
        "平台可能由旧副本恢复；请向其核实，并保留两个检查点。",
    ),
    "log.contradiction": (
        "The witnesses have cosigned another history of the log than the one that this mirror was shown.",
        "见证方共同签署的日志历史与本镜像所见的不同。",
        "Nothing more is applied. Publish both checkpoints (`goodstanding mirror evidence`) and tell the supervisor.",
        "镜像已停止应用。请公开两个检查点（`goodstanding mirror evidence`）并报告主管部门。",
    ),
    "witness.late": (
        "What was applied has been without a checkpoint cosigned by enough witnesses for too long.",
        "已应用的内容过久没有足够见证方共同签署的检查点。",
        "Removals are applied all the same; ask the platform, and the witnesses, what holds them up.",
        "移除照常应用；请向平台和见证方了解延误原因。",
    ),
    "agreement.unproved": (
        "The platform shows an agreement that is not the one that was signed.",
        "平台所示的共享协议并非已签署的协议。",
        "Nothing is taken under it; keep the answer and ask the provider.",
        "镜像不依其接收任何信息；请保留该应答并向提供方核实。",
    ),
    "agreement.nothing_to_sign": (
        "No such version of this agreement waits for the recipient's signature.",
        "该协议没有这一待接收方签署的版本。",
        "See what waits with `goodstanding mirror agreements`.",
        "请用 `goodstanding mirror agreements` 查看待签署的版本。",
    ),
    "agreement.onward": (
        "No agreement in force lets this record be passed on.",
        "没有生效的协议允许将该信息转提供给他人。",
        "Ask the provider for an agreement whose onwardTransfer names who may get it.",
        "请与提供方签订在 onwardTransfer 中写明可转提供对象的协议。",
    ),
    "onward.name": (
        "Name whom it was passed on to in 1 to 200 characters.",
        "请用 1 至 200 个字写明转提供给谁。",
        "Give its name, or its id where it is a subscriber of the platform itself.",
        "请写名称；对方若为平台的数据接收方，可写其编号。",
    ),
    "onward.unknown": (
        "Nobody of this name has still to be told of this record.",
        "没有此名称的对象尚待告知该信息的移除。",
        "See who has with `goodstanding mirror to-tell`.",
        "请用 `goodstanding mirror to-tell` 查看尚待告知的对象。",
    ),
    "store.foreign": (
        "The store belongs to another platform or another subscriber.",
        "该存储属于另一平台或另一接收方。",
        "Use one store for each platform and subscriber.",
        "每个平台和接收方须使用各自的存储。",
    ),
    "store.format": (
        "The store was written by another release of this program.",
        "该存储由本程序的其他版本写成。",
        "Name a new store: the mirror follows from the beginning by itself. Then delete the old one.",
        "请指定新的存储，镜像会自动从头同步；随后删除旧存储。",
    ),
    "store.busy": (
        "Another mirror is writing to this store.",
        "另一个镜像程序正在写入该存储。",
        "Run one mirror for each store.",
        "每个存储只能运行一个镜像程序。",
    ),
    "store.address": (
        "This is no address of a store.",
        "存储地址无法识别。",
        "Give a path, sqlite:///path, or postgresql://user@host/database?schema=name.",
        "请给出文件路径、sqlite:///路径 或 postgresql://user@host/database?schema=name。",
    ),
    "store.missing": (
        "There is no store here.",
        "此处没有存储。",
        "Check --store; following the feed makes a new one.",
        "请检查 --store；跟随数据流时会自动新建存储。",
    ),
    "store.driver": (
        "The driver for PostgreSQL is not installed.",
        "未安装 PostgreSQL 驱动程序。",
        "Install psycopg (pip install 'psycopg[binary]').",
        "请安装 psycopg（pip install 'psycopg[binary]'）。",
    ),
    "store.unreachable": (
        "The store's database does not answer, or refuses this user.",
        "存储所在的数据库没有应答，或拒绝该用户。",
        "Check the address, the password and the rights; the mirror tries again by itself.",
        "请检查地址、口令和权限；镜像会自动重试。",
    ),
    "snapshot.store": (
        "The store holds something already; a snapshot is for a new one.",
        "该存储已有内容；快照只能载入新的存储。",
        "Follow the feed with this store, or name a new one.",
        "请用该存储继续跟随数据流，或指定新的存储。",
    ),
    "snapshot.library": (
        "Loading a snapshot needs the library pyarrow.",
        "载入快照需要 pyarrow 库。",
        "Install it for the next time (pip install 'goodstanding[columns]').",
        "请为下次安装（pip install 'goodstanding[columns]'）。",
    ),
    "snapshot.waiting": (
        "The platform has not made the snapshot yet, or takes records out of it time and again.",
        "平台尚未制作完快照，或快照中的记录不断被移除。",
        "The mirror tries again by itself; `--no-snapshot` follows from the beginning.",
        "镜像会自动重试；也可用 `--no-snapshot` 从头跟随。",
    ),
    "holding.unknown": (
        "The mirror does not hold this record.",
        "镜像未持有该记录。",
        "Follow the feed first, or check the record's id.",
        "请先跟随数据流，或核对记录编号。",
    ),
}

CODES: Final = frozenset(_TEXTS)
#: What may pass by itself; all else stops the mirror.
PASSING: Final = frozenset({"platform.unreachable", "store.unreachable", "snapshot.waiting"})
#: The program's exit status where it is not 1.
STATUSES: Final = {"log.contradiction": 3, "witness.late": 4, "agreement.unproved": 5}


class MirrorError(Exception):
    """What went wrong: ``code`` for programs, ``en`` and ``zh``, the ``place``, and the remedy in both languages."""

    def __init__(self, code: str, *, place: str) -> None:
        self.code, self.place = code, place
        self.en, self.zh, self.remedy, self.remedy_zh = _TEXTS[code]
        super().__init__(f"{code}: {self.en} [{place}] {self.remedy}")

    @property
    def exit_status(self) -> int:
        """With what the program ends."""
        return STATUSES.get(self.code, 1)

    @property
    def passing(self) -> bool:
        """Whether trying again later may help without anyone doing anything."""
        return self.code in PASSING
