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
        "The answer says why; ask the platform's operator.",
        "平台的应答说明了原因；请咨询平台运营方。",
    ),
    "platform.token": (
        "The platform does not know this token: it is mistyped, of another platform, out of date or revoked.",
        "平台不认识该令牌：可能有误、属于其他平台、已过期或已吊销。",
        "Ask the platform's operator for a new token (`goodstanding token`) and put it alone into the --token-file.",
        "请向平台运营方索取新令牌（`goodstanding token`），单独写入 --token-file 所指的文件。",
    ),
    "platform.scope": (
        "The token does not allow this.",
        "该令牌没有此项权限。",
        "Ask for a token with the scopes feed:read, receipts:write and, for files and single reads, agreed:read, of an "
        "account with the role subscriber.",
        "请索取角色为 subscriber 的账户的令牌，权限范围须含 feed:read 和 receipts:write；"
        "获取文件或逐条读取另须 agreed:read。",
    ),
    "key.unregistered": (
        "The platform has another public key on file for this subscriber than the one that signs here.",
        "平台登记的该接收方公钥与此处签名所用的密钥不一致。",
        "Use the --key-file of the registered key, or have the key that `--show-key` prints registered.",
        "请用已登记密钥的 --key-file，或请平台登记 `--show-key` 显示的公钥。",
    ),
    "clock.off": (
        "The clock of this machine and that of the platform are minutes apart.",
        "本机时钟与平台时钟相差数分钟以上。",
        "Set this machine's clock (NTP), as publication ends by date and receipts say when; or tell the platform.",
        "请校准本机时钟（NTP）：公示按日期终止，回执载明时间。如本机无误，请告知平台。",
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
    "agreement.none": (
        "No agreement lets this mirror hold anything: none is in force.",
        "没有生效的共享协议，镜像不得持有任何信息。",
        "See what waits with `goodstanding mirror agreements` and sign it, or ask the provider for one.",
        "请用 `goodstanding mirror agreements` 查看并签署待签协议，或联系提供方。",
    ),
    "agreement.suspended": (
        "An agreement is suspended: what is held stays, removals come, nothing new does.",
        "有共享协议已中止：已持有的保留，移除照常到达，不再接收新信息。",
        "Ask the provider why; send the receipts that are owed (`goodstanding mirror status`).",
        "请向提供方了解原因，并提交尚欠的回执（`goodstanding mirror status`）。",
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
    "store.full": (
        "There is no room left where the store lies.",
        "存储所在的磁盘已满。",
        "Make room; nothing is lost, the mirror goes on where it was.",
        "请清理磁盘空间；数据没有丢失，镜像会从原处继续。",
    ),
    "store.unwritable": (
        "The store cannot be written.",
        "无法写入存储。",
        "Give the user that runs the mirror the right to write the file and its folder, or the schema.",
        "请授予运行镜像的用户对文件及其文件夹（或数据库模式）的写权限。",
    ),
    "store.damaged": (
        "The store's file is damaged, or is none.",
        "存储文件已损坏，或不是存储文件。",
        "Put a backup back or name a new store: reconciliation mends the one, the other follows from the beginning.",
        "请恢复备份或指定新的存储：前者由对账修复，后者从头同步。",
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
    "file.library": (
        "Reading the files of an agreement needs the library pyarrow.",
        "读取协议文件需要 pyarrow 库。",
        "Install it (pip install 'goodstanding[columns]'); removals come all the same.",
        "请安装该库（pip install 'goodstanding[columns]'）；移除照常到达。",
    ),
    "file.older": (
        "The platform offers files of an agreement that are older than those that were applied.",
        "平台提供的协议文件早于已应用的文件。",
        "They are not applied; the platform may have been restored from an old copy. Ask it.",
        "镜像不予应用；平台可能由旧副本恢复，请向其核实。",
    ),
    "read.too_soon": (
        "The same was read within the frequency of the agreement.",
        "在协议约定的频率内已读取过同一对象。",
        "Read it again when the seconds named have passed; `read --wait` does so by itself.",
        "请在所示秒数之后再次读取；`read --wait` 会自动等待。",
    ),
    "read.unknown": (
        "There is no such organisation or record, or none that may be read.",
        "没有该主体或信息，或无权读取。",
        "Check the code and its --scheme, and what the agreement covers.",
        "请核对代码及 --scheme，以及协议的范围。",
    ),
    "read.unsealed": (
        "The platform has not sealed yet what was read, so it cannot be proved; nothing was kept.",
        "平台尚未封存所读取的内容，无法证明；镜像未予保存。",
        "Read it again later, once the agreement's frequency lets it be read.",
        "请在协议频率允许后再次读取。",
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
STATUSES: Final = {
    "log.contradiction": 3,
    "witness.late": 4,
    "agreement.unproved": 5,
    "agreement.none": 5,
    "agreement.suspended": 5,
    "clock.off": 8,
}


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


class ReadTooSoon(MirrorError):
    """The same was read within the frequency of the agreement. ``retry_after``: seconds until it may be read again."""

    def __init__(self, retry_after: int, *, place: str) -> None:
        self.retry_after = retry_after
        super().__init__("read.too_soon", place=f"{place}: in {retry_after} seconds")
