"""What can go wrong with the lake: a small closed family, each with a code, two sentences and the remedy in them."""

from __future__ import annotations

from ..errors import IntakeError


class LakeError(IntakeError):
    """Base of the family; codes begin with ``lake.``."""


class FilesRefused(LakeError):
    """Data files that are not what the table holds. Nothing of them was appended."""

    def __init__(self, *, path: str, reason: str, reason_zh: str) -> None:
        super().__init__(
            code="lake.files_refused",
            en=f"{path}: {reason} Nothing was appended; write the file as docs/reference/lake.md says.",
            zh=f"{path}：{reason_zh}未追加任何内容；请按 docs/reference/lake.md 的说明重新写出该文件。",
        )


class LakeBusy(LakeError):
    """Other writers were always faster. Nothing was changed."""

    def __init__(self, *, what: str, tries: int, reason: str) -> None:
        super().__init__(
            code="lake.busy",
            en=f"The {what} met other commits {tries} times and was given up: {reason}. Nothing changed; try again.",
            zh=f"{what} 操作与其他提交冲突 {tries} 次后放弃：{reason}。未作任何更改，请重试。",
        )


class LakeUnavailable(LakeError):
    """The catalog's database or a file of the lake does not answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            code="lake.unavailable",
            en=f"The lake does not answer: {reason}. Check the database and the folder that GOODSTANDING_LAKE names.",
            zh=f"数据湖无响应：{reason}。请检查数据库以及 GOODSTANDING_LAKE 所设的文件夹。",
        )


class SnapshotGone(LakeError):
    """A state of the table was asked for that is not kept (any more)."""

    def __init__(self, asked: object) -> None:
        super().__init__(
            code="lake.snapshot_gone",
            en=f"The table has no state of {asked}: it is older than the first one, or it has expired. "
            "Ask by the day on which the rows became known instead, or for a state that `lake status` lists.",
            zh=f"表中没有 {asked} 的状态：早于首个状态或已过期。"
            "请改按记录为人所知的日期查询，或查询 lake status 所列的状态。",
        )


class DeletesByOthers(LakeError):
    """Another engine wrote row deletes beside the data files, so the files alone would show removed rows."""

    def __init__(self, path: str) -> None:
        super().__init__(
            code="lake.deletes_by_others",
            en=f"{path} has row deletes beside it, written by another engine; the file alone would show removed rows. "
            "Rewrite the data files with that engine.",
            zh=f"{path} 带有其他引擎写入的行级删除文件，仅读数据文件会出现已删除的行。请用该引擎重写数据文件。",
        )


class BucketsRefused(LakeError):
    """The number of buckets is not one that the table can have."""

    def __init__(self, *, asked: int, reason: str, reason_zh: str) -> None:
        super().__init__(
            code="lake.buckets",
            en=f"{asked} buckets: {reason}",
            zh=f"{asked} 个分桶：{reason_zh}",
        )
