"""The one error family here: closed codes, each with a sentence and a remedy in English and Chinese."""

from typing import Final

# code -> (sentence, sentence in Chinese, remedy, remedy in Chinese)
_TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "canonical_type": (
        "The value has a type that canonical JSON does not carry here.",
        "该值的类型不能写入规范 JSON。",
        "Use str, int, bool, None, list or dict; write amounts and instants as strings.",
        "请使用字符串、整数、布尔、空值、列表或字典；金额和时刻写成字符串。",
    ),
    "canonical_integer": (
        "The integer lies outside -(2^53-1)..2^53-1, where JSON readers disagree.",
        "整数超出 -(2^53-1) 至 2^53-1 的范围，各 JSON 读取程序结果不一致。",
        "Write the number as a string.",
        "请将该数写成字符串。",
    ),
    "canonical_text": (
        "The text holds a lone surrogate and cannot be written as UTF-8.",
        "文本含有孤立的代理字符，无法写成 UTF-8。",
        "Decode the source with its true encoding.",
        "请按来源的真实编码重新解码。",
    ),
    "canonical_depth": (
        "The value is nested deeper than 128 levels, or contains itself.",
        "该值嵌套超过 128 层，或包含自身。",
        "Flatten the value.",
        "请减少嵌套层数。",
    ),
    "salt_length": (
        "A commitment needs a salt of 32 bytes.",
        "承诺值需要 32 字节的盐。",
        "Draw 32 random bytes for each record.",
        "请为每条记录生成 32 个随机字节。",
    ),
    "hash_length": (
        "A hash has the wrong length; SHA-256 gives 32 bytes.",
        "哈希长度有误；SHA-256 应为 32 字节。",
        "Ask the sender for the proof again.",
        "请向提供方重新索取证明。",
    ),
    "tree_range": (
        "An index or size is negative, out of order, or outside the tree.",
        "索引或大小为负、次序有误或超出树的范围。",
        "Check the leaf index and the tree sizes against the checkpoint.",
        "请对照检查点核对叶索引和树的大小。",
    ),
    "empty_tree": (
        "Nothing can be proved about the empty tree.",
        "空树无法作出证明。",
        "Accept a first checkpoint by its signature alone.",
        "首个检查点仅凭其签名接受。",
    ),
    "proof_length": (
        "The proof has too few or too many hashes for this tree.",
        "证明中的哈希数量与该树不符。",
        "Ask the log for the proof of exactly this index and size.",
        "请向日志索取该索引和大小对应的证明。",
    ),
    "root_mismatch": (
        "The proof does not lead to the expected root hash.",
        "由证明算出的根哈希与预期不符。",
        "Do not trust this answer; report it with the checkpoint and the proof.",
        "请勿采信该答复；请连同检查点和证明一并报告。",
    ),
    "run_malformed": (
        "The hashes of a run of leaves do not belong to it.",
        "一段连续叶子的哈希与该段不符。",
        "Do not believe the answer; ask again, and report it together with the checkpoint.",
        "请勿采信该答复；请重新查询，并连同检查点一并报告。",
    ),
    "state_malformed": (
        "The stored tree state cannot be read.",
        "存储的树状态无法读取。",
        "Rebuild it from the tiles.",
        "请由分块重新生成。",
    ),
    "tile_path": (
        "This is not the path of a tile.",
        "这不是分块的路径。",
        "Write tile/<level>/<index>[.p/<width>] as C2SP tlog-tiles says.",
        "请按 C2SP tlog-tiles 的格式书写：tile/<层>/<索引>[.p/<宽度>]。",
    ),
    "tile_malformed": (
        "The tile or entry bundle does not have the content that its place demands.",
        "分块或条目包的内容与其位置不符。",
        "Fetch it again, or restore it from another copy of the log.",
        "请重新获取，或从日志的其他副本恢复。",
    ),
    "key_malformed": (
        "The key cannot be read, or its identifier does not belong to it.",
        "密钥无法读取，或其标识与密钥不符。",
        "Copy the key again from its source, whole and on one line.",
        "请从来源重新完整复制密钥（单行）。",
    ),
    "note_malformed": (
        "The text is not a signed note.",
        "该文本不是签名便笺。",
        "Fetch the note again, byte for byte.",
        "请逐字节重新获取该便笺。",
    ),
    "signature_invalid": (
        "A signature by a known key does not match what it signs.",
        "已知密钥的签名与所签内容不符。",
        "Do not trust this document; ask its issuer.",
        "请勿采信该文件；请向其签发方核实。",
    ),
    "signer_unknown": (
        "No signature is by a key that you trust.",
        "没有任何签名来自受信任的密钥。",
        "Check that you hold the issuer's current verifier key.",
        "请确认持有签发方当前的验证密钥。",
    ),
    "checkpoint_malformed": (
        "The text is not a checkpoint.",
        "该文本不是检查点。",
        "Fetch the checkpoint again, byte for byte.",
        "请逐字节重新获取检查点。",
    ),
    "origin_mismatch": (
        "The checkpoint belongs to another log.",
        "该检查点属于另一个日志。",
        "Check the log's address and origin.",
        "请核对日志的地址和来源标识。",
    ),
    "receipt_malformed": (
        "The receipt is incomplete or contradicts itself.",
        "回执不完整或自相矛盾。",
        "Correct the named field and sign again.",
        "请更正所示字段后重新签名。",
    ),
    "document_malformed": (
        "The text is not the proof document of a record.",
        "该文本不是记录的证明文件。",
        "Fetch the document again, byte for byte; nothing may be added to it.",
        "请逐字节重新获取该文件，不得添加任何内容。",
    ),
    "document_contradiction": (
        "The proof document contradicts itself.",
        "证明文件自相矛盾。",
        "Do not trust this document; ask whoever gave it to you, or the platform, for it again.",
        "请勿采信该文件；请向提供者或平台重新索取。",
    ),
    "certificate_malformed": (
        "The file is not a restoration certificate, or not byte for byte as it was made.",
        "该文件不是信用修复证明，或者与签发时不是逐字节一致。",
        "Use the file as it was given out; nothing may be added, reformatted or left out.",
        "请使用原样取得的文件，不得增删或重新排版。",
    ),
    "tlog_proof_malformed": (
        "The text is not a tlog-proof.",
        "该文本不是 tlog-proof 证明。",
        "Fetch the proof again, byte for byte.",
        "请逐字节重新获取该证明。",
    ),
    "policy_malformed": (
        "The text is not a policy of logs and witnesses.",
        "该文本不是日志与见证方的信任策略。",
        "Write it as C2SP tlog-policy says; the place names the line.",
        "请按 C2SP tlog-policy 的格式书写；所示为有误的行。",
    ),
    "quorum_missing": (
        "Too few of the witnesses that the policy demands have cosigned.",
        "策略所要求的见证方联署不足。",
        "Ask the log for a checkpoint with their cosignatures; do not trust this one alone.",
        "请向日志索取带有其联署的检查点；请勿仅凭此检查点采信。",
    ),
    "request_malformed": (
        "The request to the witness cannot be read.",
        "对见证方的请求无法读取。",
        "Write it as C2SP tlog-witness says.",
        "请按 C2SP tlog-witness 的格式书写。",
    ),
    "library_missing": (
        "Signatures by SM2 need a library that is not installed.",
        "SM2 签名需要的程序库尚未安装。",
        "Install goodstanding[chain].",
        "请安装 goodstanding[chain]。",
    ),
    "map_proof_malformed": (
        "This is not a proof of the verifiable map for this key, or it proves the contrary.",
        "这不是该键在可验证映射中的证明，或其证明的是相反的结论。",
        "Fetch the proof of exactly this entity and class again.",
        "请重新获取该主体、该类别的证明。",
    ),
    "filter_malformed": (
        "This is not a whole status filter, or something in it was changed.",
        "这不是完整的状态过滤器，或其内容被改动。",
        "Fetch it again, byte for byte.",
        "请逐字节重新获取。",
    ),
    "filter_order": (
        "This part of the status filter does not continue the one that is held.",
        "该部分与所持的状态过滤器不衔接。",
        "Fetch the whole filter, or the delta to exactly the one that you hold.",
        "请获取完整的过滤器，或与所持版本对应的增量。",
    ),
    "filter_id": (
        "This is not the public id of a record.",
        "这不是记录的公开标识。",
        "Write it as the platform does: 32 hexadecimal digits in five groups.",
        "请按平台的写法书写：五组共 32 位十六进制数字。",
    ),
    "claim_malformed": (
        "The claim of what is held is incomplete or cannot be read.",
        "持有声明不完整或无法读取。",
        "Correct the named field and sign again.",
        "请更正所示字段后重新签名。",
    ),
}

CODES: Final[frozenset[str]] = frozenset(_TEXTS)
"""Every code that a ProofError can carry."""


class ProofError(Exception):
    """Something is not proved, or cannot be.

    Attributes: `code` (one of CODES, for programs), `place` (what was looked at: a JSON path, a tile path, a
    line), `sentence` and `sentence_zh` (what is wrong), `remedy` and `remedy_zh` (how to mend it).
    """

    def __init__(self, code: str, *, place: str) -> None:
        self.code = code
        self.place = place.encode("utf-8", "backslashreplace").decode()  # it may quote what is not text
        self.sentence, self.sentence_zh, self.remedy, self.remedy_zh = _TEXTS[code]
        super().__init__(code, self.place)

    def __str__(self) -> str:
        return f"{self.sentence} [{self.code}: {self.place}] {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.code, self.place)


def _rebuild(code: str, place: str) -> ProofError:
    return ProofError(code, place=place)
