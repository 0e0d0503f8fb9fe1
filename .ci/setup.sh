# Sourced by test.sh: puts in place what the suite needs and the machine lacks.
# Where CI=true a tool that can not be had fails the run; elsewhere the tests that
# need it say that they are skipped.
STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.8.2
tools="$PWD/.cache/bin"
mkdir -p "$tools"
export PATH="$tools:$PATH"

have() { command -v "$1" >/dev/null 2>&1; }

lacking() {
  echo "missing: $1" >&2
  if [ "${CI:-}" = true ]; then exit 1; fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo -n "$@"; else return 1; fi
}

postgres_here() { have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

install_debian() {
  local packages=()
  have chromium || packages+=(chromium)
  [ -d /usr/share/fonts/truetype/dejavu ] || packages+=(fonts-dejavu-core)
  postgres_here || packages+=(postgresql postgresql-contrib)
  have gcc || packages+=(gcc libc6-dev) # the race detector
  have python3 || packages+=(python3 python3-venv)
  [ ${#packages[@]} = 0 ] && return
  echo "installing ${packages[*]}"
  # the tests start a PostgreSQL of their own: no cluster, no service
  as_root mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "${packages[@]}" </dev/null >/dev/null
}

setup_debian() {
  install_debian || echo "the installation failed" >&2
  have chromium || lacking "chromium (Debian's package chromium)"
  postgres_here || lacking "PostgreSQL's binaries (Debian's package postgresql)"
}

setup_go() {
  have go || { echo "Go is needed: see go.mod for the version" >&2; exit 1; }
  go mod download
  have staticcheck || GOBIN="$tools" go install "$STATICCHECK"
}

setup_node() {
  have npm || { lacking "npm (Node.js 20 or newer)"; return 0; }
  if ! cmp -s e2e/package-lock.json e2e/node_modules/.installed-lock.json; then
    (cd e2e && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null)
    cp e2e/package-lock.json e2e/node_modules/.installed-lock.json
  fi
}

setup_mlflow() {
  [ -x e2e/mlflow/install.sh ] || [ -f e2e/mlflow/install.sh ] || { lacking "e2e/mlflow/install.sh"; return 0; }
  bash e2e/mlflow/install.sh </dev/null || lacking "the MLflow server and client (PyPI)"
}

setup_openlineage() {
  bash e2e/openlineage/install.sh </dev/null || lacking "the OpenLineage client (PyPI)"
}

# ML Metadata's own store, for the slow tests alone.
# The real programs that the slow tests run (e2e/peers).
PEERS=(github.com/distribution/distribution/v3/cmd/registry@v3.0.0 github.com/google/go-containerregistry/cmd/crane@v0.20.2
  github.com/prometheus/alertmanager/cmd/alertmanager@v0.28.1)

setup_peers() {
  local peer
  for peer in "${PEERS[@]}"; do
    [ -x "$tools/$(basename "${peer%@*}")" ] || GOBIN="$tools" go install "$peer" || lacking "$peer"
  done
}

setup_mlmd() {
  bash e2e/mlmd/install.sh </dev/null || lacking "ML Metadata (PyPI)"
}

# A real OpenID provider for e2e/oidc. Its program is called "server".
OIDC_PROVIDER=github.com/zitadel/oidc/v3/example/server@v3.51.17

setup_oidc() {
  [ -x "$tools/oidc-provider" ] && return
  local built
  built="$(mktemp -d)"
  if GOBIN="$built" go install "$OIDC_PROVIDER"; then
    mv "$built/server" "$tools/oidc-provider"
  else
    lacking "the OpenID provider ($OIDC_PROVIDER)"
  fi
  rm -rf "$built"
}

# A real S3-compatible server for e2e/s3.
S3_SERVER=github.com/versity/versitygw/cmd/versitygw@v1.8.0

setup_s3() {
  [ -x "$tools/versitygw" ] && return
  GOBIN="$tools" go install "$S3_SERVER" || lacking "the S3-compatible server ($S3_SERVER)"
}
