# SPDX-License-Identifier: Apache-2.0
# bench-report: prints measured figures with limits and peers, as a table, JSON and an SVG.
#
# usage: awk -v json=FILE -v svg=FILE -v check=yes|no -f bench-report.awk BUDGETS PEERS MEASURED
# A measured `worst_NAME` is a row without a limit. A row whose figure is above its limit, or missing, is reported on standard error; with
# check=yes the status is then 1.

function comment() { match($0, /# */); return substr($0, RSTART + RLENGTH) }
function add(name) { if (!(name in seen)) { seen[name] = 1; names[++count] = name } }
function or_else(value, other) { return value == "" ? other : value }

FILENAME == ARGV[1] && /^[^#]/ { add($1); limit[$1] = $2; unit[$1] = $3; title[$1] = comment() }
FILENAME == ARGV[2] && /^[^#]/ {
    add($1)
    peer[$1] = $2
    source[$1] = comment()
    if (title[$1] == "") { title[$1] = source[$1]; sub(/^[^:]*: /, "", title[$1]) }
}
FILENAME == ARGV[3] && /^worst_/ { add($1); title[$1] = "longest path, " substr($1, 7) }
FILENAME == ARGV[3] { ours[$1] = $2 }

END {
    for (i = 1; i <= count; i++) judge(names[i])
    table()
    write_json()
    write_svg()
    for (i = 1; i <= count; i++)
        if (verdict[names[i]] != "") {
            print "bench: " names[i] ": " or_else(ours[names[i]], "-") ", " verdict[names[i]] \
                " (" limit[names[i]] " " unit[names[i]] ")" | "cat >&2"
            failures++
        }
    close("cat >&2")
    exit check == "yes" && failures > 0
}

function judge(name) {
    unit[name] = or_else(unit[name], "instructions")
    if (limit[name] == "") return
    if (ours[name] == "") verdict[name] = "not measured"
    else if (ours[name] + 0 > limit[name] + 0) verdict[name] = "above the limit"
}

function table(    i, name) {
    printf "%-46s %9s %9s %9s\n", "", "Apus", "limit", "Linux 6.1"
    for (i = 1; i <= count; i++) {
        name = names[i]
        printf "%-46s %9s %9s %9s  %s%s\n", title[name], or_else(ours[name], "-"),
            or_else(limit[name], "-"), or_else(peer[name], "-"), unit[name],
            verdict[name] == "" ? "" : "  <- " verdict[name]
    }
}

function write_json(    i, name) {
    print "[" >json
    for (i = 1; i <= count; i++) {
        name = names[i]
        printf "  {\"name\": \"%s\", \"title\": \"%s\", \"unit\": \"%s\", \"value\": %s, ", name,
            title[name], unit[name], or_else(ours[name], "null") >json
        printf "\"limit\": %s, \"peer\": %s, \"source\": \"%s\"}%s\n", or_else(limit[name], "null"),
            or_else(peer[name], "null"), source[name], i < count ? "," : "" >json
    }
    print "]" >json
}

function text(x, y, style, what) {
    printf "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, style, what >svg
}

function bar(y, value, longest, style) {
    if (value == "") return
    printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"12\" class=\"%s\"/>\n", left, y,
        300 * value / longest, style >svg
    text(left + 6 + 300 * value / longest, y + 10, "number", value)
}

# Each row has its own scale: its longest bar is 300 wide. Bars begin right of the longest title, at 7 for
# each character of 12 px.
function write_svg(    i, name, longest, y, x) {
    left = 0
    for (i = 1; i <= count; i++)
        if (length(title[names[i]]) > left) left = length(title[names[i]])
    left = 24 + 7 * left
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">\n",
        left + 390, 50 + 44 * count >svg
    print "<style>text { font: 12px sans-serif } .number { fill: #555; paint-order: stroke;" >svg
    print "stroke: #fff; stroke-width: 3px }" >svg
    printf "%s", ".ours { fill: #d9622b } " >svg
    print ".peer { fill: #9db2bf } .limit { stroke: #333; stroke-dasharray: 3 2 }</style>" >svg
    print "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>" >svg
    text(12, 24, "head", "Apus (orange), Linux 6.1 (grey), limit (dashed); a scale for each row")
    for (i = 1; i <= count; i++) {
        name = names[i]
        y = 44 + 44 * (i - 1)
        longest = ours[name] + 0
        if (peer[name] + 0 > longest) longest = peer[name] + 0
        if (limit[name] + 0 > longest) longest = limit[name] + 0
        text(12, y + 12, "title", title[name])
        text(12, y + 26, "number", unit[name])
        if (limit[name] != "") {  # Below the numbers, which have a white outline.
            x = left + 300 * limit[name] / longest
            printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"limit\"/>\n", x, x,
                y - 2, y + 28 >svg
        }
        bar(y, ours[name], longest, "ours")
        bar(y + 14, peer[name], longest, "peer")
    }
    print "</svg>" >svg
}
