#!/bin/sh
# Installs ML Metadata, whose real store the slow tests write with, into
# $THROUGHLINE_MLMD_VENV or .cache/mlmd-venv. Does nothing where that version is
# there. Its wheels need a Python of 3.9 to 3.13.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
venv=${THROUGHLINE_MLMD_VENV:-$root/.cache/mlmd-venv}
version=${THROUGHLINE_MLMD_VERSION:-1.17.1}

if [ "$("$venv/bin/python" -c "import importlib.metadata as m; print(m.version('ml-metadata'))" 2>/dev/null)" = "$version" ]; then
	echo "ml-metadata $version is installed in $venv."
	exit
fi
echo "Installing ml-metadata $version into $venv ..."
mkdir -p "$(dirname "$venv")"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "ml-metadata==$version"
