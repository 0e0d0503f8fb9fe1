#!/usr/bin/env bash
# The whole suite, in the order of what fails fastest. "test.sh long" runs the
# slow tiers instead.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/setup.sh
. .ci/security.sh
tier="${1:-test}"
times=()

# step runs one part and keeps how long it took.
step() {
  local name="$1" began=$SECONDS
  shift
  echo "== $name"
  "$@"
  times+=("$(printf '%5d s  %s' $((SECONDS - began)) "$name")")
}

setup() {
  setup_debian
  setup_go
  setup_node
  setup_mlflow
  setup_openlineage
  setup_oidc
  setup_s3
  setup_scanners
}

formatted() {
  local ugly
  ugly="$(gofmt -l $(git ls-files '*.go'))"
  [ -z "$ugly" ] || { echo "not formatted: $ugly"; return 1; }
}

generated() {
  go tool templ generate >/dev/null
  git diff --exit-code --stat -- '*_templ.go' || { echo "the generated files are not up to date: make generate"; return 1; }
}

# modernc's SQLite wants exactly the libc of its own go.mod.
pinned() {
  go list -m modernc.org/sqlite modernc.org/libc | diff - <(printf 'modernc.org/sqlite v1.60.1\nmodernc.org/libc v1.77.1\n')
}

checked() { go vet ./... && staticcheck ./...; }

fuzzed() {
  local seconds="$1" list target package
  list="$(grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' . | grep -v node_modules || true)"
  for file in $list; do
    package="./$(dirname "${file#./}")"
    for target in $(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | sed 's/^func //'); do
      echo "$package $target"
      go test -run '^$' -fuzz "^$target\$" -fuzztime "$seconds" "$package" >.cache/fuzz.txt 2>&1 || { cat .cache/fuzz.txt; return 1; }
      tail -1 .cache/fuzz.txt
    done
  done
}

browsers() {
  have node || { lacking node; return 0; }
  have chromium || { lacking chromium; return 0; }
  CGO_ENABLED=0 go build -trimpath -o dist/throughline ./cmd/throughline
  (cd e2e && THROUGHLINE="$PWD/../dist/throughline" node --test --test-concurrency=1 browser/*.test.mjs </dev/null)
}

step "setup" setup
if [ "$tier" = long ]; then
  setup_mlmd
  setup_peers
  export THROUGHLINE_LONG=1
  step "go test, long" go test -count=1 -timeout 60m ./...
  step "fuzz, long" fuzzed "${FUZZTIME:-10m}"
else
  step "format" formatted
  step "pinned versions" pinned
  step "vendored files" bash .ci/vendor.sh --check
  step "generated files" generated
  step "vet and staticcheck" checked
  step "gosec" scanned
  step "known vulnerabilities" vulnerable
  step "bill of materials" billed
  step "go test -race" go test -race -p 2 -timeout 20m ./...
  step "any order" go test -count=1 -run AnyOrderOfGitHub ./cmd/throughline
  step "fuzz" fuzzed "${FUZZTIME:-5s}"
  step "browser" browsers
fi
printf '%s\n' "${times[@]}"
