#!/bin/sh
# Shows both faces: lints real backends, then simulates a day in the life of one, in both languages.
set -eu

show() {
    printf '\n$ %s\n' "$*"
    "$@"
}

# exit code 1 says that there are findings, which is no failure of the demo
lint() {
    show biconvex lint "$1" || [ $? -eq 1 ]
}

lint examples/chat
lint tests/packages/node_modules/@convex-dev/workpool/src/component

spoilt=$(mktemp -d)
trap 'rm -rf "$spoilt"' EXIT
mkdir "$spoilt/chat"
cp -R examples/chat/convex "$spoilt/chat/convex"
sed 's/await ctx\.scheduler/ctx.scheduler/' examples/chat/convex/messages.ts >"$spoilt/chat/convex/messages.ts"
printf '\nThe chat again, with one await forgotten:\n'
(cd "$spoilt" && lint chat)

show python examples/chat/demo.py
