#!/bin/sh
# Both faces in a minute: lints a spoilt backend and fixes it, lives through a day and a month, finds a race and shows it again.
set -eu

show() {
    printf '\n$ %s\n' "$*"
    "$@"
}

# exit code 1 says that there are findings, which is no failure of the demo
lint() {
    show biconvex lint "$@" || [ $? -eq 1 ]
}

place=$(pwd)
lint tests/packages/node_modules/@convex-dev/workpool/src/component

spoilt=$(mktemp -d)
trap 'rm -rf "$spoilt"' EXIT
mkdir "$spoilt/chat"
cp -R examples/chat/convex "$spoilt/chat/convex"
sed 's/await ctx\.scheduler/ctx.scheduler/' examples/chat/convex/messages.ts >"$spoilt/chat/convex/messages.ts"
printf '\nA chat (examples/chat), with an await forgotten:\n'
(cd "$spoilt" && lint chat && lint --fix chat)

show python examples/chat/demo.py

printf '\nA month of examples/documents, and a race:\n'
cp -R tools/demo/votes "$spoilt/votes"
ln -s "$place/tests/packages/node_modules" "$spoilt/votes/node_modules"
printf '{"private": true, "type": "module"}' >"$spoilt/votes/package.json"
report="$place/build/demo.html"
mkdir -p "$place/build"
show python tools/demo/month.py "$report" "$spoilt/votes"
(cd "$spoilt" && lint votes)
printf '\nThe report of the month is a page: %s\n' "$report"
