#!/usr/bin/env bash
# Builds the SPARQL editor anew, in a folder of its own, and compares it with what is committed.
# Exit 0: the same, or there is no node to build with (said aloud; under CI=true that is a failure). Exit 1: it differs.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
committed="$here/../kggraph/web/static"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "frontend/verify.sh: node or npm is missing, so the committed bundle was NOT compared with a fresh build." >&2
    if [ "${CI:-}" = "true" ]; then
        echo "frontend/verify.sh: in CI that is a failure: install nodejs (18 or later) and npm." >&2
        exit 1
    fi
    exit 0
fi

if grep -q '"resolved"' "$here/package-lock.json"; then
    echo "frontend/verify.sh: package-lock.json names download addresses; install with the .npmrc of this folder." >&2
    exit 1
fi

fresh="$(mktemp -d)"
trap 'rm -rf "$fresh"' EXIT
mkdir "$fresh/out"
cp -r "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$here/build.mjs" "$here/src" "$fresh/"
(cd "$fresh" && npm ci --silent && node build.mjs "$fresh/out") || {
    echo "frontend/verify.sh: the fresh build failed; is the npm registry reached?" >&2
    exit 1
}

for file in sparql-editor.js sparql-editor.licences.txt; do
    if ! cmp "$fresh/out/$file" "$committed/$file"; then
        echo "frontend/verify.sh: kggraph/web/static/$file is not what frontend/ builds; run: cd frontend && npm ci && npm run build" >&2
        exit 1
    fi
done
echo "frontend/verify.sh: the committed bundle is what frontend/ builds ($(wc -c <"$committed/sparql-editor.js") bytes)."
