#!/usr/bin/env bash
# Renders the chart into the parts that the kustomizations are put together of, so that there is
# one source for both: manifests.sh [FOLDER], by default deploy/kubernetes/parts.
set -euo pipefail
cd "$(dirname "$0")/../.."

chart=deploy/helm/chancery
parts=${1:-deploy/kubernetes/parts}
helm=${HELM_BIN:-.tools/bin/helm}

# part NAME TEMPLATES VALUES…: writes the objects of some templates as one file.
part() {
    local name=$1 templates=$2 shown=() template
    shift 2
    for template in "$chart"/templates/$templates; do
        shown+=(--show-only "${template#"$chart/"}")
    done
    mkdir -p "$parts/$name"
    {
        echo "# Made by \`make manifests\` of the chart; change that, or patch this in an overlay."
        "$helm" template chancery "$chart" --namespace chancery "${shown[@]}" "$@"
    } >"$parts/$name/$name.yaml"
}

part portal 'portal/*.yaml'
part gateway 'gateway/*.yaml'
part gateway-daemonset 'gateway/*.yaml' --set gateway.kind=DaemonSet
part entry-http 'entry/*.yaml'
part entry-https 'entry/*.yaml' --set gateway.service.variant=https
part store 'store/*.yaml' --set database.postgres.enabled=true
part monitoring 'monitoring/*.yaml' --set monitoring.enabled=true
