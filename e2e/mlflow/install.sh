#!/bin/sh
# Installs the MLflow server and client that the tests run against, into
# $THROUGHLINE_MLFLOW_VENV or .cache/mlflow-venv, and the client of 2.17 beside it.
# Does nothing where those versions are there. mlflow-skinny would be lighter for
# the first, but has no server.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)

install() { # VENV, PACKAGE, VERSION, further packages
	venv=$1 package=$2 version=$3
	shift 3
	if [ "$("$venv/bin/python" -c "import importlib.metadata as m; print(m.version('$package'))" 2>/dev/null)" = "$version" ]; then
		echo "$package $version is installed in $venv."
		return
	fi
	echo "Installing $package $version into $venv (about a minute) ..."
	mkdir -p "$(dirname "$venv")"
	python3 -m venv "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check "$package==$version" "$@"
	echo "$package $version is installed in $venv."
}

install "${THROUGHLINE_MLFLOW_VENV:-$root/.cache/mlflow-venv}" mlflow "${THROUGHLINE_MLFLOW_VERSION:-3.17.2}"
install "${THROUGHLINE_MLFLOW2_VENV:-$root/.cache/mlflow2-venv}" mlflow-skinny 2.17.2 "pandas<3" "setuptools<80"
