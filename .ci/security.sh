# Sourced by test.sh: what scanners say of our code and of what it is built from.
GOSEC=github.com/securego/gosec/v2/cmd/gosec@v2.30.0
GOVULNCHECK=golang.org/x/vuln/cmd/govulncheck@v1.9.0

# Versions below these have known holes: what is checked where the database of
# vulnerabilities can not be reached.
minimum_versions() {
  cat <<'END'
github.com/yuin/goldmark v1.7.17
github.com/jackc/pgx/v5 v5.9.2
github.com/gin-gonic/gin v1.9.1
github.com/microcosm-cc/bluemonday v1.0.16
golang.org/x/net v0.56.0
github.com/golang-jwt/jwt/v4 v4.5.2
github.com/golang-jwt/jwt/v5 v5.2.2
gopkg.in/yaml.v3 v3.0.1
END
}

setup_scanners() {
  have gosec || GOBIN="$tools" go install "$GOSEC"
  have govulncheck || GOBIN="$tools" go install "$GOVULNCHECK"
}

# scanned: every finding is mended, or has a "#nosec RULE -- reason" at its line.
scanned() { gosec -quiet -exclude-generated -exclude-dir=e2e -exclude-dir=node_modules ./...; }

# vulnerable asks the Go vulnerability database which known holes the program reaches.
vulnerable() {
  local out
  if out="$(govulncheck ./... 2>&1)"; then
    echo "$out" | tail -3
    return
  fi
  if echo "$out" | grep -q "fetching vulnerabilities"; then
    echo "the vulnerability database can not be reached; checking the minimum versions instead"
    at_least
    return
  fi
  echo "$out"
  return 1
}

at_least() {
  local module minimum used bad=0
  while read -r module minimum; do
    used="$(go list -m -f '{{.Version}}' "$module" 2>/dev/null || true)"
    [ -z "$used" ] && continue # not used
    if [ "$(printf '%s\n%s\n' "$minimum" "$used" | sort -V | head -1)" != "$minimum" ]; then
      echo "$module $used is older than $minimum"
      bad=1
    fi
  done < <(minimum_versions)
  return $bad
}

# billed: the bill of materials of the binary that the suite built.
billed() {
  CGO_ENABLED=0 go build -trimpath -tags nomsgpack -o dist/throughline ./cmd/throughline
  ./dist/throughline sbom >dist/throughline.spdx.json
  grep -q '"pkg:golang/modernc.org/sqlite@v1.60.1"' dist/throughline.spdx.json
}
