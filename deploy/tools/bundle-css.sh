#!/usr/bin/env bash
# Prints a style sheet with each line `@import "./other.css";` replaced by that file's contents.
set -euo pipefail

cd "$(dirname "$1")"
awk '
    match($0, /^@import "\.\/[^"]+\.css"( layer\([a-z-]+\))?;$/) {
        split($0, quoted, "\"")
        layer = ""
        if (match($0, /layer\([a-z-]+\)/)) layer = substr($0, RSTART + 6, RLENGTH - 7)
        if (layer != "") print "@layer " layer " {"
        while ((status = (getline line < quoted[2])) > 0) print line
        if (status < 0) { print FILENAME ": cannot read " quoted[2] > "/dev/stderr"; exit 1 }
        close(quoted[2])
        if (layer != "") print "}"
        next
    }
    /^[ \t]*@import/ { print FILENAME ":" FNR ": write it as @import \"./file.css\";" > "/dev/stderr"; exit 1 }
    { print }
' "$(basename "$1")"
