# shellcheck shell=bash
# What cargo-leptos would tell the server about the site it built.
export LEPTOS_OUTPUT_NAME=groundswell
export LEPTOS_SITE_ROOT="$ROOT/target/site"
export LEPTOS_SITE_PKG_DIR=pkg
export LEPTOS_SITE_ADDR="${BIND_ADDR:-127.0.0.1:3000}"
