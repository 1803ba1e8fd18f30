#!/bin/bash
# Runs the vault's tests of the real keyring in every state that a keyring can be in: the tests cannot bring it there
# themselves. Each state is a session bus of its own with gnome-keyring on it.
#
#   keyring-states.sh COMMAND [ARGUMENT]...     the command that runs one test, whose name is added as last argument
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,5p' "$0" >&2; exit 2; }

KEEPS=the_real_keyring_keeps_the_key
SAYS=the_real_keyring_says_why_it_does_not_help
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir -m 700 "$home"/{mine,another,runtime,vault}
export XDG_RUNTIME_DIR=$home/runtime MSSP_TEST_KEYRING_FOLDER=$home/vault NO_AT_BRIDGE=1
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS MSSP_TEST_KEYRING MSSP_TEST_KEYRING_REASON

screen=()
# $1: whose keyring; the rest: the test. The keyring starts on the bus that it serves, and ends with it.
unlocked() {
  local owner=$1; shift
  XDG_DATA_HOME=$home/$owner "${screen[@]}" dbus-run-session -- bash -c '
    printf practice | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
    exec "$@"' keyring "$@"
}
locked() {
  local owner=$1; shift
  XDG_DATA_HOME=$home/$owner "${screen[@]}" dbus-run-session -- bash -c '
    gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1
    exec "$@"' keyring "$@"
}

echo "--- an unlocked keyring keeps the vault's key"
MSSP_TEST_KEYRING=1 unlocked mine "$@" $KEEPS
echo "--- a locked keyring, and nobody can be asked"
MSSP_TEST_KEYRING_REASON=locked locked mine "$@" $SAYS
echo "--- a locked keyring asks a person who does not answer, and is not waited for"
# Around the bus, whose services get its variables: one of them asks the person, on the screen.
screen=(xvfb-run --auto-servernum)
MSSP_TEST_KEYRING_REASON=locked locked mine "$@" $SAYS
echo "--- an unlocked keyring that does not hold the key"
MSSP_TEST_KEYRING_REASON=key-missing unlocked another "$@" $SAYS
echo "--- no session bus"
MSSP_TEST_KEYRING_REASON=absent DBUS_SESSION_BUS_ADDRESS=unix:path=$home/nowhere "$@" $SAYS
