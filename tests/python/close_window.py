"""Closes the window whose title begins with an argument, as the button in its frame does: WM_DELETE_WINDOW.

There is no window manager under Xvfb, and no driver reaches the embedded sign-in window. Prints the whole title.
"""

import ctypes
import sys
import time

x = ctypes.CDLL("libX11.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
x.XDefaultRootWindow.restype = ctypes.c_ulong
x.XInternAtom.restype = ctypes.c_ulong


class ClientMessage(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        # XEvent is a union of 24 longs.
        ("rest", ctypes.c_long * 24),
    ]


display = ctypes.c_void_p(x.XOpenDisplay(None))


def windows(parent):
    root, above, children, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.POINTER(ctypes.c_ulong)(), ctypes.c_uint()
    if not x.XQueryTree(display, ctypes.c_ulong(parent), ctypes.byref(root), ctypes.byref(above), ctypes.byref(children), ctypes.byref(count)):
        return
    for at in range(count.value):
        yield children[at]
        yield from windows(children[at])


def title(window):
    name = ctypes.c_char_p()
    found = x.XFetchName(display, ctypes.c_ulong(window), ctypes.byref(name))
    return name.value.decode("utf-8", "replace") if found and name.value else ""


deadline = time.monotonic() + 30
while time.monotonic() < deadline:
    for window in windows(x.XDefaultRootWindow(display)):
        shown = title(window)
        if shown.startswith(sys.argv[1]):
            event = ClientMessage()
            event.type, event.window, event.format = 33, window, 32
            event.message_type = x.XInternAtom(display, b"WM_PROTOCOLS", 0)
            event.data[0] = x.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
            x.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
            x.XSync(display, 0)
            print(shown)
            sys.exit()
    time.sleep(0.05)
sys.exit(f"no window is called {sys.argv[1]}")
