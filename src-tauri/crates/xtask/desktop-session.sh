#!/bin/bash
# Runs a command on a desktop of its own: a screen in memory, a session bus, an unlocked keyring, empty XDG folders.
# Nothing of the person's own desktop is seen or touched. The command's exit status is passed on.
#
#   desktop-session.sh COMMAND [ARGUMENT]...
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,5p' "$0" >&2; exit 2; }

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
for folder in data config cache runtime; do mkdir -m 700 "$home/$folder"; done
export XDG_DATA_HOME=$home/data XDG_CONFIG_HOME=$home/config XDG_CACHE_HOME=$home/cache XDG_RUNTIME_DIR=$home/runtime
export LANG=C.UTF-8
# The accessibility bus does not run here; without these, every window warns about it.
export NO_AT_BRIDGE=1 GTK_A11Y=none
# A real desktop must not shine through. The two WEBKIT variables make WebDriver's screenshots hang.
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS WEBKIT_DISABLE_COMPOSITING_MODE WEBKIT_DISABLE_DMABUF_RENDERER

# The keyring starts on the bus that it serves, and ends with it.
xvfb-run --auto-servernum --server-args="-screen 0 1280x900x24 -nolisten tcp" dbus-run-session -- bash -c '
  printf practice | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 || { echo "the keyring does not start" >&2; exit 1; }
  exec "$@"' desktop-session "$@"
