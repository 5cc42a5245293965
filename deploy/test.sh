#!/bin/bash
# Set everything up, training included, and run the tests. Arguments go on to pytest.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
setup test "[train,test,lint]"
cd "$project"
echo "Running the tests."
exec "$venv/bin/python" -m pytest --numprocesses 2 --dist worksteal "$@"
