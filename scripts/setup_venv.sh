#!/usr/bin/env bash
# Make .venv with everything that builds, runs and tests the book. `make` calls this.
# PYTHON=/path/to/python3.x chooses the interpreter; otherwise the newest that runs is taken.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "error: $*" >&2; exit 1; }

# True for an interpreter that runs (a pyenv shim may exist and not run) and is new enough.
usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    usable "$PYTHON" || fail "PYTHON=$PYTHON does not run, or is older than Python 3.11."
    echo "$PYTHON"
    return
  fi
  local name path
  # The versions that requirements.txt is made for, newest first; then whatever python3 is.
  for name in python3.13 python3.12 python3.11 python3 python; do
    for path in $(type -aP "$name" || true); do
      if usable "$path"; then echo "$path"; return; fi
    done
  done
  fail "no Python 3.11 or newer on PATH. On Debian or Ubuntu: sudo apt-get install python3 python3-venv"
}

# Debian and Ubuntu keep the venv module's other half in a package of its own.
install_venv_package() {
  local version sudo=""
  version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  local advice="Python's venv module is incomplete. Install it: sudo apt-get install $version"
  command -v apt-get >/dev/null || fail "$advice"
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || fail "$advice"
    sudo="sudo -n"
  fi
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get -q update || true # package lists may be empty on a fresh machine
  $sudo apt-get -q -y install --no-install-recommends "$version" || fail "$advice"
}

# An environment that runs is kept, and only brought up to date.
if ! usable .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  python=$(find_python)
  echo "Making .venv with $("$python" --version) ($python)"
  rm -rf .venv
  if ! "$python" -m venv .venv >/dev/null 2>&1; then
    install_venv_package
    rm -rf .venv
    "$python" -m venv .venv || fail "$python cannot make a virtual environment: see above."
  fi
fi

echo "Installing requirements.txt: a few minutes, most of them for torch"
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
# Built with the hatchling that is now there, without fetching another.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
  --no-build-isolation --editable .
