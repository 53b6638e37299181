#!/usr/bin/env bash
# Prints the table of README.md from the `# --` comments of values.yaml, and fails where a value has none.
#   values-table.sh            print the table
#   values-table.sh --update   write it into README.md, between the two `values-table` marks
set -euo pipefail
chart=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

table() {
  awk '
    BEGIN { print "| Value | Default | Meaning |"; print "|---|---|---|" }
    /^ *# -- / { sub(/^ *# -- /, ""); text = $0; next }
    /^ *# /    { if (text != "") { sub(/^ *# /, ""); text = text " " $0 }; next }
    /^ *[A-Za-z]+:/ {
      depth = (match($0, /[^ ]/) - 1) / 2
      key = $1; sub(/:$/, "", key); path[depth] = key
      default_value = $0; sub(/^ *[A-Za-z]+: */, "", default_value)
      if (default_value == "") next # the parent of others
      name = path[0]; for (i = 1; i <= depth; i++) name = name "." path[i]
      if (text == "") { print "values.yaml: " name " has no comment that starts with # --" >"/dev/stderr"; bad = 1 }
      print "| `" name "` | `" default_value "` | " text " |"
      text = ""
    }
    END { exit bad }
  ' "$chart/values.yaml"
}

case ${1:-} in
  "") table ;;
  --update)
    rows=$(table)
    awk -v rows="$rows" '
      /^<!-- values-table end -->/ { skip = 0 }
      !skip
      /^<!-- values-table -->/ { print rows; skip = 1 }
    ' "$chart/README.md" >"$chart/README.md.new"
    mv "$chart/README.md.new" "$chart/README.md" ;;
  *) echo "values-table.sh: unknown argument '$1': expected --update or nothing" >&2; exit 2 ;;
esac
