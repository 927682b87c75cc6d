#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A session of busybox' shell and tools as the first program. session.txt is its output on Linux 6.1.
/bin/busybox --install -s /bin
exec 2>&1
PATH=/bin
say() { echo "== $*"; }

say pipelines
echo hello | cat | wc -c
printf 'c\na\nb\n' | sort | tr '\n' ' '; echo
seq 1 1000 | grep 7 | tail -n 3 | head -n 1
yes | head -n 3 | uniq -c
false | true; echo "status $?"
x=$(echo sub; echo two | sed s/two/2/); echo "$x"
echo "nested $(echo $(echo deep))"

say redirections
mkdir -p /tmp/d/e && cd /tmp/d
echo one >file; echo two >>file; cat <file
cat <<END | grep b
abc
xyz $((6 * 7))b
END
echo error >&2 2>err; cat err
{ echo out; echo lost >&2; } 2>/dev/null
exec 3<file; read -r first <&3; read -r second <&3; echo "$first-$second"; exec 3<&-
cat missing; echo "status $?"
set -o noclobber; echo x >file || echo "noclobber"; set +o noclobber
: >empty; wc -c <empty

say loops and functions
for i in 3 1 2; do echo $i; done | sort -n | xargs echo
i=0; while [ $i -lt 5 ]; do i=$((i + 1)); [ $i = 3 ] && continue; printf '%d ' $i; done; echo
case foobar in foo*) echo matched ;; *) echo not ;; esac
f() { local a=$1; shift; echo "f $a $# $*"; return 3; }; f one two three; echo "status $?"
fact() { [ $1 -le 1 ] && echo 1 || echo $(($1 * $(fact $(($1 - 1))))); }; fact 6
v=abcdef; echo ${v#abc} ${v%def} ${#v} ${none:-default} ${v:+set}
set -- a 'b c' d; echo $#; for a; do echo "[$a]"; done

say files
touch a b; mv a c; ln -s c link; ln c hard; readlink link; ls
echo text >c; cat link hard; rm c; cat hard; cat link
chmod 640 hard; stat -c '%a %s %h %F' hard
rmdir e && echo removed; rmdir . ; mkdir -p x/y/z; find x | sort; rm -r x; [ -d x ] || echo gone
dd if=/dev/zero bs=1k count=64 2>/dev/null | md5sum
dd if=/dev/zero of=z bs=4k count=3 2>/dev/null; ls -s z | awk '{ print $2 }'; wc -c z
cp z z2 && cmp z z2 && echo same; printf x | dd of=z2 bs=1 seek=100 conv=notrunc 2>/dev/null; cmp z z2
truncate -s 5 z; wc -c <z
gzip -c file >file.gz; gunzip -c file.gz; tar cf t.tar file err; tar tf t.tar; rm file; tar xf t.tar; cat file

say text
printf '1 x\n2 y\n3 z\n' | awk '{ s += $1; t = t $2 } END { print s, t }'
echo 'a,b,c' | cut -d, -f2; echo abc | tr a-z A-Z; echo hello | sed 's/l\+/L/'; echo abc | rev
printf 'b\na\nb\n' | sort -u | wc -l; expr 6 \* 7; basename /a/b.c .c; dirname /a/b.c
printf 'one\ntwo\nthree\n' >list; grep -n t list; grep -c o list; diff list - <<END
one
2
three
END
od -An -c file | head -n 1; echo 'test' | base64; printf abc | sha1sum

say processes
# The shell says "Terminated" only if it has not seen the end before it waits, on Linux as here.
sleep 1 & pid=$!; kill $pid; wait $pid 2>/dev/null; echo "status $?"
(exit 5); echo "status $?"; sh -c 'kill -9 $$'; echo "status $?"
trap 'echo trapped' USR1; kill -USR1 $$; trap - USR1
(trap 'echo leaving' EXIT; exit 2); echo "status $?"
for n in 1 2 3; do (sleep 0.$n; echo "child $n") & done; wait; echo waited
nohup true; env -i A=1 sh -c 'echo $A'; timeout 0.2 sleep 5; echo "status $?"
nice -n 5 true; echo "status $?"; nosuch; echo "status $?"; ./list; echo "status $?"
echo '#!/bin/sh
echo script $0 $1' >script; chmod 755 script; ./script arg
echo 'echo no line $1' >plain; chmod 755 plain; ./plain arg
id -u; hostname >/dev/null; [ -r /proc/self/maps ] && echo maps; umask 027; umask
test -c /dev/null && echo null; head -c 4 /dev/zero | od -An -tx1; [ $(head -c 16 /dev/urandom | wc -c) = 16 ] && echo random
cd /; pwd; cd /tmp/d/..; pwd; cd - >/dev/null; pwd
say machine
(sleep 0.2; ps -o pid,stat,comm) | awk '$1 == 1 { print $1, substr($2, 1, 1) } NR == 1 { print }'
top -bn1 | awk 'NR == 1 { print $1, $3, NF } NR == 2 { print $1, $3, $5, $9 } NR == 3 { print $1, $2 } NR == 4 { print $1, $NF }'
free | awk 'NR == 1 { print } NR > 1 { print $1, ($4 <= $2) }'; uptime | grep -c 'load average: [0-9.]*, [0-9.]*, [0-9.]*$'
mount | awk '$3 == "/proc" || $3 == "/sys" { print $3, $5 }' | sort; df -P /tmp | awk 'NR == 2 { print $NF }'
cat /proc/loadavg | wc -w; grep -c '^cpu ' /proc/stat; awk '/^(ctxt|btime|processes|procs_running)/ { print $1, ($2 > 0) }' /proc/stat
awk '{ print NF, ($1 > 0), ($2 >= 0) }' /proc/uptime; wc -l </proc/self/io; tr -d '0-9a-f' </proc/sys/kernel/random/boot_id
hostname night; hostname; cat /proc/sys/kernel/hostname; echo owl >/proc/sys/kernel/hostname; uname -n
cat /sys/devices/system/cpu/cpu0/topology/core_id; [ "$(cat /sys/devices/system/cpu/online)" = "$(cat /sys/devices/system/cpu/possible)" ] && echo online
ls /dev/fd/ | head -n 3 | tr '\n' ' '; readlink /dev/stderr; echo over | cat /dev/stdin; echo full >/dev/full; echo "status $?"; ulimit -n; ulimit -Hn
exec 5</proc/version; cut -f1 /proc/self/fdinfo/5 | tr '\n' ' '; exec 5<&-; sh -c 'exec 9</dev/null; [ -e /proc/self/fd/9 ] && echo open'
say end
