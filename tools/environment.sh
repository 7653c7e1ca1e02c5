#!/bin/sh
# Creates the virtual environment .venv, or refreshes it: Biconvex (editable) and its development tools.
# It is made by $PYTHON if that is set, otherwise by the first fitting Python on PATH.
set -eu

needed='Biconvex needs Python 3.11 or newer'
name_one='name one with: make PYTHON=/path/to/python3.11'

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

version() {
    "$1" -c 'import sys; sys.stdout.write("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || echo 'not a working Python'
}

fail() {
    echo "$1" >&2
    exit 1
}

choose() {
    if [ -n "${PYTHON:-}" ]; then
        fits "$PYTHON" || fail "$needed; PYTHON=$PYTHON is $(version "$PYTHON")."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    command -v python3 >/dev/null 2>&1 || fail "$needed, and there is no python3 on PATH: install it, or $name_one"
    fail "$needed; python3 is $(version python3): install a newer one, or $name_one"
}

if ! fits .venv/bin/python; then
    python=$(choose)
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
        fail "$python cannot create virtual environments: install its venv module (Debian and Ubuntu: apt install python3-venv)."
    echo "Creating .venv with Python $(version "$python") ($python)"
    sh tools/quietly.sh "$python" -m venv --clear .venv
fi

echo 'Installing Biconvex and its development tools into .venv'
pip='.venv/bin/python -m pip --disable-pip-version-check'
$pip --version >/dev/null 2>&1 || sh tools/quietly.sh .venv/bin/python -m ensurepip
sh tools/quietly.sh $pip install --upgrade 'pip>=25.1' # the first that knows --group
sh tools/quietly.sh $pip install --editable '.[sim,lsp,watch]' --group dev
