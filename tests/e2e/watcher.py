# SPDX-License-Identifier: Apache-2.0
"""A viewer of the agent's stream, as a program would be one: what it was told, put together."""

import json

from websocket import WebSocket

KINDS = ("frontend", "backend", "split", "policy")


class Watcher(WebSocket):
    """Has read hello, the snapshot or what was missed, and ready when it is made.

    `seq`, `epoch`: where to resume. `objects`: id -> object as told last. `greeting`: the messages
    before `ready`. `seqs`: the numbers of the changes that came after it, in order."""

    def __init__(self, *args, resume=None, **named):
        if resume:
            named["path"] = f"/stream?resume={resume[0]}&epoch={resume[1]}"
        super().__init__(*args, **named)
        self.objects, self.status, self.activity, self.seqs = {}, None, [], []
        self.greet()

    def greet(self):
        self.hello = self.message()
        assert (self.hello["type"], self.hello["op"]) == ("hello", "set"), self.hello
        self.epoch = self.hello["epoch"]
        if not self.hello["resumed"]:
            self.objects, self.status, self.activity = {}, None, []
        self.greeting = []
        while (message := self.message())["type"] != "ready":
            self.greeting.append(message)
            self.take(message)
        self.seq = message["seq"]
        self.seqs = [m["seq"] for m in self.greeting] if self.hello["resumed"] else []

    def take(self, message):
        kind = message["type"]
        if kind in KINDS and message["op"] == "set":
            self.objects[message["id"]] = message["object"]
        elif kind in KINDS:
            self.objects.pop(message["id"], None)
        elif kind == "status":
            self.status = message["object"]
        elif kind == "activity":
            self.activity.append(message["object"])

    def change(self) -> dict:
        """The next message; a change of the state is taken."""
        return self.know(self.message())

    def know(self, message) -> dict:
        if message["type"] in (*KINDS, "status", "activity"):
            assert message["seq"] == self.seq + 1, (self.seq, message)
            self.seq = message["seq"]
            self.seqs.append(self.seq)
            self.take(message)
        return message

    def catch_up(self):
        """Reads what is there, and answers pings."""
        while self.has_more():
            if text := self.step():
                self.know(json.loads(text))

    def until(self, probe) -> dict:
        """Reads until `probe(message)` is true; the message."""
        while True:
            message = self.change()
            if probe(message):
                return message

    def until_state(self, probe):
        """Reads until `probe()` is true of what it knows."""
        while not probe():
            self.change()

    @property
    def resume(self):
        return self.seq, self.epoch
