#!/bin/sh
# Installs the OpenLineage client that the tests post with, into
# $THROUGHLINE_OPENLINEAGE_VENV or .cache/openlineage-venv. Does nothing where that
# version is there.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
venv=${THROUGHLINE_OPENLINEAGE_VENV:-$root/.cache/openlineage-venv}
version=${THROUGHLINE_OPENLINEAGE_VERSION:-1.54.0}

if [ "$("$venv/bin/python" -c "import importlib.metadata as m; print(m.version('openlineage-python'))" 2>/dev/null)" = "$version" ]; then
	echo "openlineage-python $version is installed in $venv."
	exit
fi
echo "Installing openlineage-python $version into $venv ..."
mkdir -p "$(dirname "$venv")"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "openlineage-python==$version"
