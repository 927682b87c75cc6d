# SPDX-License-Identifier: Apache-2.0
# trace-picture: draws scheduling events, as tools/trace sorts them, as an SVG.
#
# usage: awk [-v from=µs] [-v to=µs] -f trace-picture.awk SORTED
# A line is `TIME LINE CPU COUNTER KIND TASK VALUE`, all except LINE in hexadecimal, or `0 0 # …`.
# After a task has ended, its number means another task.

function hex(text,    i, value) {
    for (i = 1; i <= length(text); i++)
        value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
    return value
}
# A name from its bytes: eight in the counter's field, lowest first, then four in the value's.
function letters(counter, value,    i, text, byte) {
    for (i = 15; i >= 1; i -= 2) text = text letter(hex(substr(counter, i, 2)))
    for (i = 7; i >= 1; i -= 2) text = text letter(hex(substr(value, i, 2)))
    return text
}
function letter(byte) { return byte == 0 ? "" : byte > 32 && byte < 127 ? sprintf("%c", byte) : "?" }
function escape(text) { gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); return text }

# The task that a number means at present, as an index among all tasks seen so far.
function task(number) {
    if (!(number in current)) {
        current[number] = ++tasks
        numberOf[tasks] = number
        isIdle[tasks] = number in idle
    }
    return current[number]
}

$3 == "#" {
    if ($4 == "trace") hertz = $7
    if ($4 == "reason") reason[$5] = $6
    if ($4 == "cpu") { cpus++; lost[cpus - 1] = $8; running[cpus - 1] = $11 + 0; counted[cpus - 1] = $6 }
    if ($4 == "task") { final[$5 + 0] = $6; if ($6 == "idle") idle[$5 + 0] = 1 }
    next
}
{
    cpu = $3 + 0
    if (!isBegun) { isBegun = 1; begin = hex($4) ; if ($5 == "name") { isBegun = 0 } }
}
$5 == "name" { name[task(hex($6))] = letters($4, $7); next }
{
    now = (hex($4) - begin) * 1e6 / hertz
    if (!(cpu in first)) first[cpu] = lost[cpu] > 0 ? now : 0
    end = now
}
$5 == "away" {
    old = task(hex($6))
    why = hex(substr($7, 1, 4))
    run(cpu, old, cpu in since ? since[cpu] : first[cpu], now, why)
    if (reason[why] == "over") delete current[hex($6)]
    on[cpu] = task(hex(substr($7, 5, 4)))
    since[cpu] = now
    switches[cpu]++
}
$5 == "wake" { mark(cpu, now, "wake", task(hex($6))) }
$5 == "migrate" { mark(cpu, now, "migrate", task(hex($6))) }
$5 == "irq" { mark(cpu, now, "irq", hex($7)) }

function run(cpu, who, start, stop, why) {
    runs++
    runCpu[runs] = cpu; runTask[runs] = who; runStart[runs] = start; runStop[runs] = stop; runWhy[runs] = why
}
function mark(cpu, at, kind, what) {
    marks++
    markCpu[marks] = cpu; markAt[marks] = at; markKind[marks] = kind; markWhat[marks] = what
}

END {
    for (cpu = 0; cpu < cpus; cpu++)
        if (counted[cpu] > 0)
            run(cpu, cpu in on ? on[cpu] : task(running[cpu]), cpu in since ? since[cpu] : first[cpu], end, "")
    for (i = 1; i <= tasks; i++) label(i)
    if (from == "") from = 0
    if (to == "" || to > end) to = end
    if (to <= from) to = from + 1
    left = 76; width = 1080; lane = 30; pitch = 58; top = 66
    scale = width / (to - from)
    legendTop = top + cpus * pitch + 40
    pickColours()
    draw()
}

# The names in the header are those of the last task with each number.
function label(i,    number) {
    number = numberOf[i]
    if (name[i] == "") name[i] = current[number] == i && number in final ? final[number] : "task"
    isIdle[i] = number in idle && (current[number] == i)
}

# By descending CPU time, so that the legend begins with the most important tasks.
function pickColours(    i, j, best, start, stop) {
    for (i = 1; i <= runs; i++) {
        start = runStart[i] < from ? from : runStart[i]
        stop = runStop[i] > to ? to : runStop[i]
        if (stop <= start) continue
        if (isIdle[runTask[i]]) idleTime[runCpu[i]] += stop - start
        else { used[runTask[i]] += stop - start; busy[runCpu[i]] += stop - start }
    }
    for (i = 1; i <= tasks; i++) if (used[i] > 0) shown++
    for (j = 1; j <= shown; j++) {
        best = 0
        for (i = 1; i <= tasks; i++) if (used[i] > 0 && !(i in colour) && used[i] > used[best]) best = i
        order[j] = best
        colour[best] = sprintf("hsl(%d,%d%%,%d%%)", (200 + j * 137.508) % 360, j % 2 ? 62 : 48, 38 + j % 3 * 7)
    }
}

function x(time) { return left + (time - from) * scale }
function y(cpu) { return top + cpu * pitch }
function text(px, py, style, what) { printf "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>\n", px, py, style, what }

function draw(    cpu, i, a, b, rows, seen, step, time, column) {
    column = 3
    rows = int((shown > 48 ? 48 : shown) / column + 0.99)
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\">\n", \
        left + width + 24, legendTop + 22 * rows + 66
    print "<style>text { font-size: 12px; fill: #222 } .head { font-size: 15px; font-weight: bold } .small { font-size: 11px; fill: #555 }"
    print ".in { font-size: 11px; fill: #fff } .lane { fill: #eef1f4 } .irq { stroke: #c0392b; stroke-width: .8 }"
    print ".wake { fill: #222 } .move { fill: none; stroke: #222 } .grid { stroke: #d5dbe0; stroke-width: .7 }</style>"
    print "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    text(left, 24, "head", sprintf("%d CPU%s, %s µs", cpus, cpus > 1 ? "s" : "", grouped(to - from)))
    text(left, 42, "small", "µs of virtual time from the first recorded event; colour: a task runs; empty: idle")

    step = niceStep((to - from) / 10)
    for (time = int(from / step) * step; time <= to + step / 1000; time += step) {
        if (time < from) continue
        printf "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", x(time), x(time), top - 8, legendTop - 34
        printf "<text class=\"small\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x(time), legendTop - 20, grouped(time)
    }
    for (cpu = 0; cpu < cpus; cpu++) {
        text(12, y(cpu) + 14, "name", "CPU " cpu)
        text(12, y(cpu) + 28, "small", sprintf("%.0f %% busy", 100 * busy[cpu] / (to - from)))
        a = first[cpu] + 0 < from ? from : first[cpu]
        if (a < to) printf "<rect class=\"lane\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n", x(a), y(cpu), x(to) - x(a), lane
        if (lost[cpu] > 0) text(left, y(cpu) - 1, "small", grouped(lost[cpu]) " older events lost")
    }
    for (i = 1; i <= runs; i++) if (!isIdle[runTask[i]]) bar(i)
    for (i = 1; i <= marks; i++) sign(i, seen)
    legend(column)
    print "</svg>"
}

function bar(i,    a, b, wide, title) {
    a = runStart[i] < from ? from : runStart[i]
    b = runStop[i] > to ? to : runStop[i]
    if (b < a || runStop[i] < from || runStart[i] > to) return
    wide = x(b) - x(a)
    if (wide < .4) wide = .4
    title = sprintf("%s (task %d): %.1f to %.1f µs", name[runTask[i]], numberOf[runTask[i]], runStart[i], runStop[i])
    if (runWhy[i] != "") title = title ", then " (reason[runWhy[i]] == "ready" ? "is preempted or yields" : reason[runWhy[i]] == "over" ? "has ended" : reason[runWhy[i]] == "suspended" ? "is suspended" : "waits: " reason[runWhy[i]])
    printf "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\"><title>%s</title></rect>\n", \
        x(a), y(runCpu[i]), wide, lane, colour[runTask[i]], escape(title)
    if (wide > 7 * length(name[runTask[i]]) + 6) text(x(a) + 4, y(runCpu[i]) + 19, "in", escape(name[runTask[i]]))
}

# Marks that would overlap are drawn once.
function sign(i, seen,    px, py, key) {
    if (markAt[i] < from || markAt[i] > to) return
    px = x(markAt[i]); py = y(markCpu[i])
    key = markCpu[i] markKind[i] int(px * 2)
    if (key in seen) return
    seen[key] = 1
    if (markKind[i] == "irq")
        printf "<path class=\"irq\" d=\"M%.1f %dv-6\"><title>interrupt of line %d at %.1f µs</title></path>\n", px, py, markWhat[i], markAt[i]
    else if (markKind[i] == "wake")
        printf "<path class=\"wake\" d=\"M%.1f %dl2.5 5h-5z\"><title>%s is woken at %.1f µs</title></path>\n", px, py + lane + 1, escape(name[markWhat[i]]), markAt[i]
    else
        printf "<circle class=\"move\" cx=\"%.1f\" cy=\"%d\" r=\"2.5\"><title>%s migrates to this CPU at %.1f µs</title></circle>\n", px, py + lane + 9, escape(name[markWhat[i]]), markAt[i]
}

function legend(column,    j, i, px, py, many) {
    many = shown > 48 ? 48 : shown
    for (j = 1; j <= many; j++) {
        i = order[j]
        px = left + (j - 1) % column * (width / column)
        py = legendTop + int((j - 1) / column) * 22
        printf "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" rx=\"2\" fill=\"%s\"/>\n", px, py, colour[i]
        text(px + 20, py + 11, "name", sprintf("%s <tspan fill=\"#666\">task %d, %s µs, %.1f %%</tspan>", \
            escape(name[i]), numberOf[i], grouped(used[i]), 100 * used[i] / (to - from)))
    }
    py = legendTop + int((many + column - 1) / column) * 22
    if (shown > many) text(left, py + 11, "small", shown - many " more tasks")
    py += 30
    printf "<path class=\"irq\" d=\"M%d %dv-8\"/>\n", left + 5, py + 4
    text(left + 14, py + 4, "small", "interrupt")
    printf "<path class=\"wake\" d=\"M%d %dl2.5 5h-5z\"/>\n", left + 105, py - 2
    text(left + 114, py + 4, "small", "a task is woken")
    printf "<circle class=\"move\" cx=\"%d\" cy=\"%d\" r=\"2.5\"/>\n", left + 265, py
    text(left + 274, py + 4, "small", "a task migrates to this CPU")
}

function niceStep(least,    step) {
    step = 1
    while (step < least) step *= 10
    if (step / 5 >= least) return step / 5
    if (step / 2 >= least) return step / 2
    return step
}
function grouped(value,    whole, out) {
    if (value < 100) return sprintf(value == int(value) ? "%d" : "%.1f", value)
    whole = sprintf("%d", value)
    while (length(whole) > 3) { out = " " substr(whole, length(whole) - 2) out; whole = substr(whole, 1, length(whole) - 3) }
    return whole out
}
