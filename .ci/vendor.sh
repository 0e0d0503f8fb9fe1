#!/usr/bin/env bash
# Brings the browser libraries that are committed under static/vendor, from the
# registry's package of the exact version. With --check it only compares them with
# SHA256SUMS. A build needs neither npm nor the network.
set -euo pipefail
cd "$(dirname "$0")/../static/vendor"
version=1.6.32

if [ "${1:-}" = --check ]; then
  exec sha256sum --check --quiet --strict SHA256SUMS
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "uplot@$version" >/dev/null && tar xzf "uplot-$version.tgz")
cp "$work/package/dist/uPlot.iife.min.js" uplot.js
cp "$work/package/dist/uPlot.min.css" uplot.css
cp "$work/package/LICENSE" uplot.LICENSE
sha256sum uplot.js uplot.css uplot.LICENSE >SHA256SUMS
