#!/usr/bin/env bash
# Runs a command under a heading and says how long it took: timed.sh TITLE COMMAND…
set -uo pipefail

title=$1
shift
printf '\n== %s\n' "$title"
started=$SECONDS
"$@"
status=$?
if [ "$status" -eq 0 ]; then
    printf '== %s: done in %d s\n' "$title" "$((SECONDS - started))"
else
    printf '== %s: FAILED after %d s\n' "$title" "$((SECONDS - started))" >&2
fi
exit "$status"
