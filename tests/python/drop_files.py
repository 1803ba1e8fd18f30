"""Drops files on the window of a program, by the XDND protocol, as a file manager would.

Usage: drop_files.py PID FILE...

The window is the one of that process or of one of its children. Ends with 0 once the program says that it took them.
"""

import os
import select
import sys
import time
from pathlib import Path

from Xlib import X, Xatom, display
from Xlib.protocol import event

PATIENCE = 20.0
VERSION = 5


def family(pid):
    """The process and everything below it."""
    members, fresh = {pid}, [pid]
    while fresh:
        one = fresh.pop()
        for tasks in Path(f"/proc/{one}/task").glob("*/children"):
            below = [int(word) for word in tasks.read_text().split()]
            fresh += [child for child in below if child not in members]
            members.update(below)
    return members


class Source:
    """A window that owns the dragged files."""

    def __init__(self, files):
        self.display = display.Display()
        self.root = self.display.screen().root
        self.files = files
        self.window = self.root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self.types = self.atom("text/uri-list")
        self.window.set_selection_owner(self.atom("XdndSelection"), X.CurrentTime)
        self.given = self.status = self.finished = False

    def atom(self, name):
        return self.display.intern_atom(name)

    def target(self, pids):
        """The visible window of one of the processes that takes drops."""
        def walk(window):
            for child in window.query_tree().children:
                try:
                    aware = child.get_full_property(self.atom("XdndAware"), X.AnyPropertyType)
                    owner = child.get_full_property(self.atom("_NET_WM_PID"), Xatom.CARDINAL)
                    shown = child.get_attributes().map_state == X.IsViewable
                except Exception:  # the window went meanwhile
                    continue
                if aware and shown and owner and owner.value[0] in pids:
                    return child
                found = walk(child)
                if found:
                    return found
            return None

        return walk(self.root)

    def send(self, target, name, data):
        message = event.ClientMessage(window=target, client_type=self.atom(name), data=(32, data))
        target.send_event(message, event_mask=0)
        self.display.flush()

    def answer(self, seconds):
        """Answers what the program asks, for at most that long or until something changes."""
        before = (self.given, self.status, self.finished)
        end = time.monotonic() + seconds
        while (self.given, self.status, self.finished) == before and time.monotonic() < end:
            if not self.display.pending_events():
                select.select([self.display.fileno()], [], [], 0.05)
                continue
            one = self.display.next_event()
            if one.type == X.SelectionRequest:
                self.give(one)
            elif one.type == X.ClientMessage and one.client_type == self.atom("XdndStatus"):
                self.status = True
            elif one.type == X.ClientMessage and one.client_type == self.atom("XdndFinished"):
                self.finished = True

    def give(self, request):
        prop = request.property or request.target
        if request.target == self.types:
            text = "".join(f"{Path(file).resolve().as_uri()}\r\n" for file in self.files)
            request.requestor.change_property(prop, self.types, 8, text.encode())
            self.given = True
        elif request.target == self.atom("TARGETS"):
            request.requestor.change_property(prop, Xatom.ATOM, 32, [self.types])
        else:
            prop = X.NONE
        request.requestor.send_event(
            event.SelectionNotify(
                time=request.time, requestor=request.requestor, selection=request.selection,
                target=request.target, property=prop,
            ),
            event_mask=0,
        )
        self.display.flush()

    def drop(self, target):
        own, copy = self.window.id, self.atom("XdndActionCopy")
        self.send(target, "XdndEnter", [own, VERSION << 24, self.types, 0, 0])
        size = target.get_geometry()
        at = target.translate_coords(self.root, 0, 0)
        x, y = -at.x + size.width // 2, -at.y + size.height // 2
        end = time.monotonic() + PATIENCE
        # The files are asked for while they are still in the air; before that a drop would be empty.
        step = 0
        while not (self.given and self.status) and time.monotonic() < end:
            step += 1
            self.send(target, "XdndPosition", [own, 0, ((x + step % 7) << 16) | y, X.CurrentTime, copy])
            self.answer(0.3)
        for step in range(3):
            self.send(target, "XdndPosition", [own, 0, ((x + step) << 16) | y, X.CurrentTime, copy])
            self.answer(0.3)
        self.send(target, "XdndDrop", [own, 0, X.CurrentTime, 0, 0])
        while not self.finished and time.monotonic() < end:
            self.answer(0.5)
        return self.given


def main():
    pid, files = int(sys.argv[1]), sys.argv[2:]
    source = Source(files)
    end = time.monotonic() + PATIENCE
    target = None
    while target is None and time.monotonic() < end:
        target = source.target(family(pid))
    if target is None:
        sys.exit("no window that takes files")
    if not source.drop(target):
        sys.exit("nobody asked for the files")


if __name__ == "__main__":
    os.environ.setdefault("DISPLAY", ":0")
    main()
