#!/bin/sh
# Runs a command and keeps quiet about it: its output is shown only when it fails.
set -u
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1 && exit 0
status=$?
cat "$log" >&2
exit "$status"
