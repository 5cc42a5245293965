#!/bin/bash
# Set everything up and run the station on its simulated bench. Arguments go on to `station demo`.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
setup demo ""
exec "$venv/bin/station" demo "$@"
