"""Tells ansible's runs in trueup's events (docs/events.md), so that one program compares both."""

import json

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: events
type: stdout
short_description: JSON lines as trueup prints them
description: One event a line, as far as C(trueup truth) reads them.
"""


def change(result, command):
    """The changes of a result: its diffs without the names of temporary files, else its module."""
    diffs = result.get("diff") or []
    shown = []
    for diff in diffs if isinstance(diffs, list) else [diffs]:
        sides = {side: diff.get(side) for side in ("before", "after")}
        if any(sides.values()):
            texts = {
                side: text if isinstance(text, str) else json.dumps(text, sort_keys=True)
                for side, text in sides.items()
            }
            shown.append({"sign": "modify", "what": "diff", **texts})
    return shown or [{"sign": "run" if command else "modify", "what": command or "changed"}]


class CallbackModule(CallbackBase):
    """The callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "events"

    def __init__(self):
        super().__init__()
        self.ids = {}
        self.play = -1

    def tell(self, event, **fields):
        """One event."""
        print(json.dumps({"v": 1, "event": event, **fields}, default=str), flush=True)

    def v2_playbook_on_start(self, playbook):
        mode = "plan" if context.CLIARGS["check"] else "apply"
        self.tell("run_started", mode=mode, playbook=playbook._file_name)

    def v2_playbook_on_play_start(self, play):
        self.play += 1

    def v2_playbook_on_task_start(self, task, is_conditional):
        number = self.ids.setdefault(task._uuid, len(self.ids))
        told = {"id": number, "name": task.get_name(), "module": task.action, "place": task.get_path() or ""}
        self.tell("task_started", play=self.play, task=told)

    def v2_playbook_on_handler_task_start(self, task):
        self.v2_playbook_on_task_start(task, False)

    def ended(self, result, outcome, item=None):
        """A task or an item has ended."""
        which = {"task": self.ids[result._task._uuid], "host": result._host.get_name()}
        told = {"outcome": outcome, "result": result._result}
        if item is None:
            self.tell("host_finished", **which, **told)
        else:
            self.tell("item_finished", **which, item=item, **told)

    def skipped(self, got):
        """That it was skipped."""
        return {"status": "skipped", "reason": str(got.get("skip_reason") or got.get("msg"))}

    def outcome(self, result):
        """What became of it."""
        got = result._result
        if got.get("skipped"):
            return self.skipped(got)
        if not got.get("changed"):
            return {"status": "ok"}
        command = got.get("cmd")
        command = command if isinstance(command, str) else " ".join(command or [])
        return {"status": "changed", "changes": change(got, command)}

    def failed(self, result, ignored):
        """How it failed."""
        return {"status": "failed", "message": str(result._result.get("msg")), "ignored": bool(ignored)}

    def item(self, result):
        """The item's label."""
        return str(self._get_item_label(result._result))

    def v2_runner_on_ok(self, result):
        self.ended(result, self.outcome(result))

    def v2_runner_on_skipped(self, result):
        self.ended(result, self.skipped(result._result))

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.ended(result, self.failed(result, ignore_errors))

    def v2_runner_on_unreachable(self, result):
        self.ended(result, {"status": "unreachable", "message": str(result._result.get("msg")), "ignored": False})

    def v2_runner_item_on_ok(self, result):
        self.ended(result, self.outcome(result), self.item(result))

    def v2_runner_item_on_skipped(self, result):
        self.ended(result, self.skipped(result._result), self.item(result))

    def v2_runner_item_on_failed(self, result):
        ignored = result._task_fields.get("ignore_errors")
        self.ended(result, self.failed(result, ignored), self.item(result))

    def v2_playbook_on_stats(self, stats):
        recap = []
        for host in sorted(stats.processed):
            counts = stats.summarize(host)
            counts["failed"] = counts.pop("failures")
            recap.append({"host": host, **counts})
        self.tell("run_finished", recap=recap)
