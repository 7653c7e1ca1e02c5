#!/bin/sh
# Installs the npm packages of the folder $1 exactly as its package-lock.json says.
set -eu

fail() {
    echo "$1" >&2
    exit 1
}

wanted='install Node.js 20 or newer (it brings npm) and run make again.'
command -v npm >/dev/null 2>&1 || fail "npm is missing, and $1 needs it: $wanted"
command -v node >/dev/null 2>&1 || fail "Node.js is missing, and $1 needs it (npm alone is not enough): $wanted"
node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' ||
    fail "Node.js $(node --version) is too old for $1: $wanted"

echo "Installing the npm packages of $1"
here=$(pwd)
cd "$1"
sh "$here/tools/quietly.sh" npm ci --ignore-scripts --no-audit --no-fund
# npm writes this file last; a folder without dependencies gets none.
mkdir -p node_modules
touch node_modules/.package-lock.json
