"""What the watch may find: a closed list of codes, each with its sentence in two languages and what to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Severity = Literal["alert", "note"]


@dataclass(frozen=True)
class Kind:
    """One thing that the watch looks for. `alert` is told to the owner; `note` stands on the pages only."""

    severity: Severity
    en: str
    zh: str
    todo: str
    todo_zh: str


KINDS: dict[str, Kind] = {
    "source_failing": Kind(
        "alert", "the source cannot be read", "数据源无法读取",
        "see the outcome of the last pull; the next one asks again", "查看最近一次拉取的原因；下次拉取会重试",
    ),
    "not_asked": Kind(
        "alert", "nobody asks the source any more", "已无人向数据源取数",
        "see whether the scheduler runs and the DAG of the network is on", "检查调度器是否运行、该网络的 DAG 是否启用",
    ),
    "silent": Kind(
        "alert", "nothing new has come", "长时间没有新数据",
        "ask the centre whether its system still writes", "请向数据中心核实其系统是否仍在写入",
    ),
    "volume_low": Kind(
        "alert", "far less comes than is usual", "数据量明显低于常态",
        "ask the centre what is left out: a district, a channel, a status", "请向数据中心核实缺了哪一片区、渠道或状态",
    ),
    "overlap_low": Kind(
        "alert", "records are told by fewer deliveries than usual", "相邻批次的重叠减少",
        "ask the centre whether its window or its query has changed, or rows are left out of every delivery",
        "请向数据中心核实导出时间窗或查询是否改变、每批是否缺行",
    ),
    "list_shrunk": Kind(
        "alert", "the list has shrunk", "清单骤减",
        "what is missing reads as ended: hold the deliveries until the centre has answered",
        "清单中缺失的会被当作结束：核实之前请暂扣这些批次",
    ),
    "list_frozen": Kind(
        "alert", "the list stands still", "清单长时间不变",
        "ask the centre whether its list is still made anew", "请向数据中心核实清单是否仍在更新",
    ),
    "column_gone": Kind(
        "alert", "a column came empty or not at all", "字段缺失或整列为空",
        "ask the centre, then mend the contract or the export", "与数据中心核实后修正契约或导出",
    ),
    "column_new": Kind(
        "note", "columns came that the contract does not know", "出现契约未登记的字段",
        "they are kept sealed, or left out where the contract says so; raise its version to admit them",
        "已随原件封存，或按契约未予接收；如需使用请升级契约版本",
    ),
    "column_never_filled": Kind(
        "note", "a column of the contract was never filled", "契约字段从未有值",
        "take it from the contract, or ask the centre to fill it", "从契约中删除，或请数据中心补填",
    ),
    "clock_jumped": Kind(
        "alert", "the clock of the source has jumped", "数据源时钟跳变",
        "compare its clock and its zone with the contract's; a new reading is a dated zone of the contract",
        "核对数据源时钟与时区；如已改变，请在契约中按日期登记新时区",
    ),
    "clock_offset": Kind(
        "alert", "even the newest record is always hours old", "最新记录总是晚数小时",
        "local time labelled as UTC looks like this; compare with a record whose time is known",
        "本地时间误标为 UTC 时会如此；请用已知时间的记录核对",
    ),
    "code_set_changed": Kind(
        "alert", "codes of another code set come", "编码所属标准改变",
        "see that the crosswalk has the new set; comparisons over the switch are flagged",
        "确认新旧编码对照表已就绪；跨切换的同比环比会标注",
    ),
    "redated": Kind(
        "note", "known items take another time at one hour of the day", "已有条目总在同一时刻改变发生时间",
        "a time of the making of the list stands where a time of the event should", "清单生成时间混入了事件时间",
    ),
    "items_returned": Kind(
        "note", "items vanished from the list and came back", "条目消失后又出现",
        "an end that follows from absence was withdrawn; the warehouse has the items as returned",
        "由缺席推断的结束已被撤回；数据仓库按“重新出现”处理",
    ),
    "held_waiting": Kind(
        "alert", "held deliveries wait for a decision", "暂扣批次等待处理",
        "release, re-land or refuse them (`onegrid gate`)", "放行、重新落地或拒绝（`onegrid gate`）",
    ),
    "contract_breaks": Kind(
        "alert", "the contract breaks with what has landed", "契约与已落地数据冲突",
        "see `onegrid feed lint`; say in the contract why, or take it back",
        "见 `onegrid feed lint`；在契约中说明理由或撤回修改",
    ),
    "task_failed": Kind(
        "alert", "a task of the timetable failed", "调度任务失败",
        "see the task's log in Airflow", "在 Airflow 中查看任务日志",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing found at one feed. `subject` tells findings of one code apart (a column, a code set, a task).

    `since` (UTC) is when it began, as far as that can be seen; `detail` says with figures what was seen and what is
    usual. No value of a record stands in any of them.
    """

    feed: str
    code: str
    subject: str
    since: datetime
    detail: str
    detail_zh: str

    @property
    def kind(self) -> Kind:
        return KINDS[self.code]

    @property
    def key(self) -> tuple[str, str]:
        return self.code, self.subject
