#!/bin/sh
# Installs the MLflow server and client that the tests run against, into
# $THROUGHLINE_MLFLOW_VENV or .cache/mlflow-venv. Does nothing when that version
# is there. mlflow-skinny would be lighter, but has no server.
set -eu

version=${THROUGHLINE_MLFLOW_VERSION:-3.17.2}
root=$(cd "$(dirname "$0")/../.." && pwd)
venv=${THROUGHLINE_MLFLOW_VENV:-$root/.cache/mlflow-venv}

if [ "$("$venv/bin/python" -c 'import importlib.metadata as m; print(m.version("mlflow"))' 2>/dev/null)" = "$version" ]; then
	echo "MLflow $version is installed in $venv."
	exit 0
fi
echo "Installing MLflow $version into $venv (about a minute) ..."
mkdir -p "$(dirname "$venv")"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "mlflow==$version"
echo "MLflow $version is installed in $venv."
