#!/usr/bin/env bash
# Prints what CHANGELOG.md says of a version, and fails where tag, Cargo.toml and CHANGELOG.md do not agree.
#
#   deploy/release/notes.sh v1.2.3
set -euo pipefail
[ $# = 1 ] || { sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
cd "$(dirname "$0")/../.."
version=${1#v}

package=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
[ "$package" = "$version" ] || { echo "the tag says $version, Cargo.toml $package: change one of them" >&2; exit 1; }
notes=$(awk -v heading="## [$version]" 'index($0, "## [") == 1 {on = index($0, heading) == 1; next} on' CHANGELOG.md)
[ -n "$(tr -d '[:space:]' <<<"$notes")" ] || { echo "CHANGELOG.md says nothing of $version: give it a section \"## [$version] - date\"" >&2; exit 1; }
printf '%s\n' "$notes" | sed -e '/./,$!d'
