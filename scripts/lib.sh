# shellcheck shell=bash
# Shared by every script here: where things are, and how progress is told.
# Sourcing it moves to the root of the clone.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# Also part of names (a socket's folder): one spelling, whatever link led here.
ROOT=$(pwd -P)
cd "$ROOT" || exit 1

# Kept between clones: deleting it costs time, nothing else.
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/groundswell"
TOOLS="$CACHE/tools"
mkdir -p "$CACHE"
export ROOT CACHE TOOLS
export PATH="$TOOLS/bin:$TOOLS/node_modules/.bin:$PATH"

# Set by scripts/wasm-target where rustup cannot download: one compiler for everything, or cargo
# rebuilds the world at each change between them.
if [[ -e $CACHE/rustup-toolchain && -z ${RUSTUP_TOOLCHAIN:-} ]]; then
    RUSTUP_TOOLCHAIN=$(<"$CACHE/rustup-toolchain")
    export RUSTUP_TOOLCHAIN
fi

# Queries are checked against .sqlx, so a build needs no database. scripts/sqlx-prepare alone differs.
export SQLX_OFFLINE="${SQLX_OFFLINE:-true}"
# Compiled into leptos. cargo-leptos sets it; a cargo call without it would compile leptos again.
export LEPTOS_OUTPUT_NAME=groundswell

say()  { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }
die()  { printf '\033[1;31m==>\033[0m %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# slowly WHAT HOW_LONG COMMAND...: runs it with a sign of life, and its output only if it fails.
slowly() {
    local what=$1 how_long=$2 log beat status=0
    shift 2
    log=$(mktemp)
    say "$what (usually $how_long)"
    heartbeat "$log" &
    beat=$!
    # In front, so that Ctrl-C reaches it.
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$beat" 2>/dev/null || true
    if [[ $status != 0 ]]; then
        tail -n 30 "$log" >&2
        note "all of its output: $log"
    else
        rm -f "$log"
    fi
    return "$status"
}

heartbeat() {
    local log=$1 began=$SECONDS
    # Lets go of the lock of scripts/setup, and ends with the script that it speaks for.
    exec 9>&-
    while sleep 15 && kill -0 $$ 2>/dev/null; do
        note "$((SECONDS - began)) s: $(tail -c 400 "$log" | tr '\r' '\n' | grep . | tail -n 1 | cut -c 1-90)"
    done
}
